package pipeline

import (
	"fmt"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// add adds a stage to the plan. Stages with the same keys share the edge, and so deduplicate once.
func (c *compiler) add(n *node, path int, looks []look) {
	edge := fmt.Sprintf("%d %d %s", n.Root, path, n.Stage.Stage.When)
	if !n.List {
		if _, ok := c.single[edge]; !ok {
			keys := c.singleKeys(n, path)
			if n.When != nil {
				keys = keys.If(c.condition(n, looks))
			}
			c.single[edge] = keys
		}
		n.one = stages.One(c.plan, n.answers.loader, c.single[edge]).Named(n.Name)
		return
	}
	if _, ok := c.lists[edge]; !ok {
		keys := c.listsOfKeys(n, path)
		if n.When != nil {
			keys = keys.If(c.condition(n, looks))
		}
		c.lists[edge] = keys
	}
	n.each = stages.Many(c.plan, n.answers.loader, c.lists[edge]).Named(n.Name)
}

func (c *compiler) singleKeys(n *node, path int) stages.Keys[Document, lookup.Key] {
	if n.Root < 0 {
		return stages.ByErr(c.plan, func(d Document) (lookup.Key, error) { return d.one(path) })
	}
	root := &c.nodes[n.Root].answers.fragments
	return stages.ThenOneErr(c.nodes[n.Root].one, func(f *Fragment) (lookup.Key, error) {
		k := root.keysOf(f, path)[0]
		return k.key, k.err
	})
}

func (c *compiler) listsOfKeys(n *node, path int) stages.Lists[Document, lookup.Key] {
	switch {
	case n.Root < 0:
		return stages.EachErr(c.plan, func(d Document, add func(lookup.Key, error)) {
			if d.known != nil {
				return
			}
			for _, k := range d.keys[path] {
				add(k.key, k.err)
			}
		})
	case c.nodes[n.Root].List:
		root := c.nodes[n.Root]
		return stages.ThenErr(root.each, func(v view, add func(lookup.Key, error)) {
			for _, r := range v.All() {
				if r.State == stages.Loaded {
					root.answers.addKeys(r.Value, path, add)
				} else if err := root.gap(r.State); err != nil {
					add("", err)
				}
			}
		})
	default:
		root := c.nodes[n.Root]
		return stages.ThenErr(root.one, func(f *Fragment, add func(lookup.Key, error)) { root.answers.addKeys(f, path, add) })
	}
}

// gap is the key that stages over this one have for an element that it has no rows for, nil where they have none: a
// missing list is an empty one. The renderer passes over it in the same places.
func (n *node) gap(state stages.State) error {
	switch {
	case state == stages.Missing && n.Many:
		return nil
	case state == stages.Missing:
		return stages.ErrNoKey
	default:
		return stages.ErrBlocked
	}
}

func (f *fragments) addKeys(fragment *Fragment, path int, add func(lookup.Key, error)) {
	for _, k := range f.keysOf(fragment, path) {
		add(k.key, k.err)
	}
}
