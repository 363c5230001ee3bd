package pipeline

import (
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/stages"
)

// add adds a stage to the plan. Stages with the same keys share the edge, and so deduplicate once.
func (c *compiler) add(n *node, path int, fields []jsonenrich.Field) {
	edge := keyPath{n.Root, path}
	if !n.List {
		if _, ok := c.single[edge]; !ok {
			c.single[edge] = jsonenrich.SingleKeys(c.plan, c.root(n), path)
		}
		n.result.One = stages.One(c.plan, n.answers.loader, c.single[edge], c.conditions(n, fields)...).Named(n.Name)
		return
	}
	if _, ok := c.lists[edge]; !ok {
		c.lists[edge] = jsonenrich.ListedKeys(c.plan, c.root(n), path)
	}
	n.result.Each = stages.Many(c.plan, n.answers.loader, c.lists[edge], c.conditions(n, fields)...).Named(n.Name)
}

// root returns the node in whose result a stage's key is, nil for the event.
func (c *compiler) root(n *node) *jsonenrich.Node {
	if n.Root < 0 {
		return nil
	}
	return c.nodes[n.Root].result
}
