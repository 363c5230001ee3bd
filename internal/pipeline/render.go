package pipeline

import (
	"errors"
	"slices"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/stages"
)

// renderer writes the results of one row after another, each where it stands.
type renderer struct {
	row     stages.Row[Document]
	scratch []byte
	// Results for the elements of a list are written where the elements stand, in their order.
	cursors []cursor // by stage
	limit   int
}

type cursor struct {
	view    view
	next    int
	skipped bool // the stage does not run for the event
	open    bool
}

// render is what stands behind the event: each result as `,"name":value`, and the closing brace. It is valid until the next call.
// Beyond limit bytes nothing more is written: what is larger than its topic takes is not made in full.
func (r *renderer) render(row stages.Row[Document], nodes []*node, limit int) []byte {
	r.row, r.limit = row, limit
	clear(r.cursors)
	r.scratch = append(r.fields(r.scratch[:0], nodes), '}')
	return r.scratch
}

// fields appends the results that stand in the output itself, each as `,"name":value`.
func (r *renderer) fields(dst []byte, nodes []*node) []byte {
	for _, n := range nodes {
		if n.Parent < 0 {
			dst = r.whole(append(dst, n.member...), n)
		}
	}
	return dst
}

// whole appends all that a stage found.
func (r *renderer) whole(dst []byte, n *node) []byte {
	if !n.List {
		return r.result(dst, n, n.one.Of(r.row))
	}
	list := n.each.Of(r.row)
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

// next appends what a stage found for the next element of the list that its keys come from.
func (r *renderer) next(dst []byte, n *node) []byte {
	c := &r.cursors[n.Index]
	if !c.open {
		list := n.each.Of(r.row)
		*c = cursor{view: list.Value, skipped: errors.Is(list.Err, stages.ErrSkipped), open: true}
	}
	if c.next >= c.view.Len() { // the stage has failed as a whole, or does not run for the event
		if c.skipped && n.Many {
			return append(dst, "[]"...)
		}
		return append(dst, "null"...)
	}
	_, element := c.view.At(c.next)
	c.next++
	return r.result(dst, n, element)
}

// result appends what a stage found for one key.
func (r *renderer) result(dst []byte, n *node, result stages.Result[*Fragment]) []byte {
	switch {
	case result.State == stages.Loaded && len(n.children) == 0:
		return append(dst, result.Value.json...)
	case result.State == stages.Loaded:
		return r.spliced(dst, n, result.Value)
	}
	if n.List && n.gap(result.State) != nil {
		for _, c := range n.children {
			r.skip(c.node)
		}
	}
	if result.State == stages.Missing && n.Many {
		return append(dst, "[]"...)
	}
	return append(dst, "null"...)
}

// spliced appends a fragment with the results of other stages in it: each before a closing brace.
func (r *renderer) spliced(dst []byte, n *node, f *Fragment) []byte {
	var (
		done int32
		at   [8]int
		used = at[:0]
	)
	used = append(used, make([]int, len(n.children))...)
	for {
		if len(dst) > r.limit {
			return dst
		}
		first, point := -1, int32(0)
		for i, c := range n.children {
			points := f.points[c.point]
			for used[i] < len(points) && points[used[i]] == jsondoc.NoPoint {
				used[i]++
				r.skip(c.node)
			}
			if used[i] < len(points) && (first < 0 || points[used[i]] < point) {
				first, point = i, points[used[i]]
			}
		}
		if first < 0 {
			return append(dst, f.json[done:]...)
		}
		dst = append(dst, f.json[done:point]...)
		done = point
		used[first]++
		c := n.children[first]
		if lastByte(dst) == '{' {
			dst = append(dst, c.member[1:]...)
		} else {
			dst = append(dst, c.member...)
		}
		if c.List {
			dst = r.next(dst, c.node)
		} else {
			dst = r.whole(dst, c.node)
		}
	}
}

// skip passes over the result for an element that is no object, and so has no room for it.
func (r *renderer) skip(n *node) {
	if n.List {
		r.next(nil, n)
	}
}

// lastByte is the last byte that is no space.
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
