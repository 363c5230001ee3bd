package jsonenrich

import (
	"fmt"

	"github.com/loaderline/loaderline/internal/jsondoc"
)

// child is a node that puts its results into the event or into the results of another node.
type child struct {
	*Node

	point int // the scanner's number of the objects that the results are in
}

// place is where the result of another stage goes. Its field must not be there yet.
type place struct {
	field int // the scanner's number
	into  jsondoc.Path
	stage string
}

// children are the nodes that put their results into a kind of document.
type children struct {
	nodes  []child
	places []place
}

// nest adds a node. at is the path of its results in the document. into and stage are the path and the name of the stage, for
// errors.
func (p *Paths) nest(nested *Node, at, into jsondoc.Path, stage string) (child, place) {
	object := jsondoc.Path{Root: at.Root, Steps: at.Steps[:len(at.Steps)-1]}
	nested.Nested = true
	return child{Node: nested, point: p.point(object)}, place{field: p.value(at), into: into, stage: stage}
}

// check returns an error if a document has a field where a result goes.
func (c *children) check(found *jsondoc.Result) error {
	for _, p := range c.places {
		for _, v := range found.Values[p.field] {
			if v.Kind == jsondoc.Found {
				return fmt.Errorf("there is a field at %s already, where the result of stage %s goes", p.into, p.stage)
			}
		}
	}
	return nil
}

// Nest puts the results of a node into the event.
func (d *Decoder) Nest(nested *Node, at, into jsondoc.Path, stage string) {
	c, p := d.nest(nested, at, into, stage)
	d.inEvent.nodes, d.inEvent.places = append(d.inEvent.nodes, c), append(d.inEvent.places, p)
}

// Nest puts the results of a node into the results of this node. at is their path in a Fragment. into and stage are the path
// and the name of the stage, for errors.
func (n *Node) Nest(nested *Node, at, into jsondoc.Path, stage string) {
	c, p := n.Fragments.nest(nested, at, into, stage)
	n.children, n.Fragments.nested.places = append(n.children, c), append(n.Fragments.nested.places, p)
}
