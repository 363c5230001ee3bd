package pipeline

import (
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// output is what the section output says about records.
func (c *compiler) output() jsonenrich.Output {
	var out jsonenrich.Output
	file := &c.layout.File.Output
	if file.Value != nil {
		out.Value = c.template(file.Value)
	}
	if file.Key != "" {
		out.Key = c.term(keyKey)
	}
	for _, h := range file.Headers {
		out.Headers = append(out.Headers, jsonenrich.Header{Name: h.Name, Value: *c.term(h.Key)})
	}
	if file.ForEach != "" {
		out.Each = c.term(forEachKey)
	}
	for i, r := range file.Routes {
		out.Routes = append(out.Routes, jsonenrich.Route{When: *c.term(routeKey(i)), Topic: r.Topic})
	}
	return out
}

func (c *compiler) template(t *strictyaml.Template) *jsonenrich.Template {
	out := &jsonenrich.Template{}
	switch t.Kind {
	case strictyaml.TemplateExpression:
		out.Term = c.term(t.Key)
	case strictyaml.TemplateMapping:
		for i := range t.Fields {
			out.Fields = append(out.Fields, jsonenrich.TemplateField{Name: t.Fields[i].Name, Value: c.template(&t.Fields[i].Value)})
		}
	case strictyaml.TemplateList:
		out.Items = []*jsonenrich.Template{}
		for i := range t.Items {
			out.Items = append(out.Items, c.template(&t.Items[i]))
		}
	}
	return out
}

// term is the term with a key of the file.
func (c *compiler) term(key string) *jsonenrich.Term {
	t := c.layout.Terms[key]
	if t.Expr == nil {
		term := c.pathTerm(key, t.Path)
		return &term
	}
	term := &jsonenrich.Term{Place: key, Expr: t.Expr}
	for _, path := range t.Expr.Paths() {
		term.Operands = append(term.Operands, c.pathTerm(key, path))
	}
	return term
}

func (c *compiler) pathTerm(key string, path jsondoc.Path) jsonenrich.Term {
	term := jsonenrich.Term{Place: key, Path: path}
	if !isEvent(path) && path.Root != itemRoot {
		term.In = c.named(path.Root).result
	}
	return term
}
