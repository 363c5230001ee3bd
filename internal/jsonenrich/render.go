package jsonenrich

import (
	"errors"
	"slices"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/stages"
)

// renderer encodes the results of one row after another.
type renderer struct {
	row     stages.Row[Document]
	scratch []byte   // the results of the row
	cursors []cursor // by node
	limit   int      // of bytes
}

// cursor is the next result of a node whose results are within the elements of a list, in the order of the elements.
type cursor struct {
	view    View
	next    int
	skipped bool // the stage does not run for the event
	open    bool // the other fields are set
}

// render returns the part of an output behind the event: each result as `,"name":value`, and the closing brace. It is in scratch
// memory, which the next call overwrites. It stops soon after limit bytes, as a larger output is not published.
func (r *renderer) render(row stages.Row[Document], nodes []*Node, limit int) []byte {
	r.begin(row, limit)
	r.scratch = append(r.fields(r.scratch[:0], nodes), '}')
	return r.scratch
}

// begin begins with the results of a row.
func (r *renderer) begin(row stages.Row[Document], limit int) {
	r.row, r.limit = row, limit
	clear(r.cursors)
}

// fields appends the results that are in the output itself, each as `,"name":value`.
func (r *renderer) fields(dst []byte, nodes []*Node) []byte {
	for _, n := range nodes {
		if !n.Nested {
			dst = r.whole(append(dst, n.member...), n)
		}
	}
	return dst
}

// whole appends all results of a stage.
func (r *renderer) whole(dst []byte, n *Node) []byte {
	if !n.List {
		return r.result(dst, n, n.One.Of(r.row))
	}
	list := n.Each.Of(r.row)
	switch list.State {
	case stages.Failed, stages.Blocked:
		return append(dst, "null"...)
	case stages.Missing:
		return append(dst, "[]"...)
	case stages.Loaded:
	}
	dst = append(dst, '[')
	for i := range list.Value.Len() {
		if len(dst) > r.limit {
			return dst
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		_, element := list.Value.At(i)
		dst = r.result(dst, n, element)
	}
	return append(dst, ']')
}

// next appends the result of a stage for the next element of the list that its keys come from.
func (r *renderer) next(dst []byte, n *Node) []byte {
	c := &r.cursors[n.Index]
	if !c.open {
		list := n.Each.Of(r.row)
		*c = cursor{view: list.Value, skipped: errors.Is(list.Err, stages.ErrSkipped), open: true}
	}
	if c.next >= c.view.Len() { // The stage failed as a whole, or does not run for the event.
		if c.skipped && n.Many {
			return append(dst, "[]"...)
		}
		return append(dst, "null"...)
	}
	_, element := c.view.At(c.next)
	c.next++
	return r.result(dst, n, element)
}

// result appends the result of a stage for one key.
func (r *renderer) result(dst []byte, n *Node, result stages.Result[*Fragment]) []byte {
	switch {
	case result.State == stages.Loaded && len(n.children) == 0:
		return append(dst, result.Value.json...)
	case result.State == stages.Loaded:
		return r.spliced(dst, n.children, result.Value.json, result.Value.index)
	}
	if n.List && n.gap(result.State) != nil {
		for _, c := range n.children {
			r.skip(c.Node)
		}
	}
	if result.State == stages.Missing && n.Many {
		return append(dst, "[]"...)
	}
	return append(dst, "null"...)
}

// spliced appends a document with the results of other stages in it, each before a closing brace.
func (r *renderer) spliced(dst []byte, children []child, json []byte, places index) []byte {
	var (
		done int32
		at   [8]int
		used = at[:0]
	)
	used = append(used, make([]int, len(children))...)
	for {
		if len(dst) > r.limit {
			return dst
		}
		first, point := -1, int32(0)
		for i, c := range children {
			points := places.list(c.point)
			for used[i] < len(points) && points[used[i]] == jsondoc.NoPoint {
				used[i]++
				r.skip(c.Node)
			}
			if used[i] < len(points) && (first < 0 || points[used[i]] < point) {
				first, point = i, points[used[i]]
			}
		}
		if first < 0 {
			return append(dst, json[done:]...)
		}
		dst = append(dst, json[done:point]...)
		done = point
		used[first]++
		c := children[first]
		if lastByte(dst) == '{' {
			dst = append(dst, c.member[1:]...)
		} else {
			dst = append(dst, c.member...)
		}
		if c.List {
			dst = r.next(dst, c.Node)
		} else {
			dst = r.whole(dst, c.Node)
		}
	}
}

// skip skips the result for an element that is no object and thus cannot hold it.
func (r *renderer) skip(n *Node) {
	if n.List {
		r.next(nil, n)
	}
}

// lastByte returns the last byte that is no white space.
func lastByte(b []byte) byte {
	for _, c := range slices.Backward(b) {
		switch c {
		case ' ', '\n', '\t', '\r':
		default:
			return c
		}
	}
	return 0
}
