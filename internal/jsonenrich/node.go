package jsonenrich

import (
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
	// Table says that the results come from a table that Reuse follows.
	Table bool
	One   stages.Node[Document, *Fragment]
	Each  stages.Node[Document, View]
	// Fragments made the results. Stages that share a loader share them.
	Fragments *Fragments

	member   string // `,"name":`, with the name under which the result is
	children []child
}

// NewNode returns a node whose result is under the name field. The caller sets its fields.
func NewNode(index int, field string) *Node {
	return &Node{Index: index, member: "," + string(lookupkey.AppendString(nil, field)) + ":"}
}

// state returns the state of the whole result for a row.
func (n *Node) state(row stages.Row[Document]) stages.State {
	if n.List {
		return n.Each.Of(row).State
	}
	return n.One.Of(row).State
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
