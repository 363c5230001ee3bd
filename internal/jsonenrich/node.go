package jsonenrich

import (
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// View is the results of a stage for the elements of a list.
type View = stages.View[lookup.Key, *Fragment]

// Node is a stage in the plan, for encoding its results.
type Node struct {
	// Index is the position of the node among all nodes.
	Index int
	// Nested says that the result is within that of another stage, and not in the output itself.
	Nested bool
	// Many says that the result for one key is a list: [] without a row.
	Many bool
	// List says that the stage has a result for each element of a list: in Each, and otherwise in One.
	List bool
	One  stages.Node[Document, *Fragment]
	Each stages.Node[Document, View]
	// Fragments made the results. Stages that share a loader share them.
	Fragments *Fragments

	member   string // `,"name":`, with the name under which the result is
	children []child
}

// child is a node that puts its results into the results of another node.
type child struct {
	*Node

	point int // the scanner's number of the objects that the results are in
}

// NewNode returns a node whose result is under the name field. The caller sets its fields.
func NewNode(index int, field string) *Node {
	return &Node{Index: index, member: "," + string(lookupkey.AppendString(nil, field)) + ":"}
}

// Nest puts the results of a node into the results of this node. at is their path in a Fragment. into and stage are the path
// and the name of the stage, for errors.
func (n *Node) Nest(nested *Node, at, into jsondoc.Path, stage string) {
	object := jsondoc.Path{Root: at.Root, Steps: at.Steps[:len(at.Steps)-1]}
	n.Fragments.places = append(n.Fragments.places, place{field: n.Fragments.value(at), into: into, stage: stage})
	n.children = append(n.children, child{Node: nested, point: n.Fragments.point(object)})
	nested.Nested = true
}

// gap returns the error of the key that stages below this one have for an element without rows, or nil if they have no key
// there: a missing list is an empty one. The renderer skips the same elements.
func (n *Node) gap(state stages.State) error {
	switch {
	case state == stages.Missing && n.Many:
		return nil
	case state == stages.Missing:
		return stages.ErrNoKey
	default:
		return stages.ErrBlocked
	}
}
