package pipeline

import (
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/stages"
)

// add adds a node to the plan. Stages with the same key share an edge.
func (c *compiler) add(n *node, path int, fields []jsonenrich.Field, moment jsonenrich.Moment) {
	edge := keyPath{n.Root, path}
	loader, conditions := n.answers.loader, c.conditions(n, fields)
	if !n.List {
		if _, ok := c.single[edge]; !ok {
			c.single[edge] = jsonenrich.SingleKeys(c.plan, c.root(n), path)
		}
		if n.Moment != nil {
			n.result.One = stages.AsOf(c.plan, loader, c.single[edge], moment.Of, conditions...)
		} else {
			n.result.One = stages.One(c.plan, loader, c.single[edge], conditions...)
		}
		n.result.One.Named(n.Name)
		return
	}
	if _, ok := c.lists[edge]; !ok {
		c.lists[edge] = jsonenrich.ListedKeys(c.plan, c.root(n), path)
	}
	if n.Moment != nil {
		n.result.Each = stages.AsOfMany(c.plan, loader, c.lists[edge], moment.Of, conditions...)
	} else {
		n.result.Each = stages.Many(c.plan, loader, c.lists[edge], conditions...)
	}
	n.result.Each.Named(n.Name)
}

// root returns the node in whose result a stage's key is, nil for the event.
func (c *compiler) root(n *node) *jsonenrich.Node {
	if n.Root < 0 {
		return nil
	}
	return c.nodes[n.Root].result
}

// moment adds the time of the event for a stage with versions to what is looked for in events.
func (c *compiler) moment(n *node) jsonenrich.Moment {
	if n.Moment == nil {
		return jsonenrich.Moment{}
	}
	part := jsonenrich.KeyPart{Name: n.Moment.Text, Path: n.Moment.Path, Expr: n.Moment.Expr}
	if part.Expr != nil {
		part.Fields = part.Expr.Paths()
	}
	return c.decoder.AddMoment(part)
}
