package avro_test

import (
	"encoding/json"
	"slices"
	"strings"
)

// text is the schema as JSON. Named types are defined where they first come.
func (x *typ) text() string {
	out, err := json.Marshal(x.tree("", map[*typ]bool{}))
	if err != nil {
		panic(err) // The tree has nothing that has no text.
	}
	return string(out)
}

func (x *typ) tree(namespace string, defined map[*typ]bool) any {
	if defined[x] {
		return x.name
	}
	out := map[string]any{"type": x.kind}
	if x.name != "" {
		defined[x] = true
		dot := max(0, strings.LastIndexByte(x.name, '.'))
		namespace = x.name[:dot]
		out["name"], out["namespace"] = strings.TrimPrefix(x.name[dot:], "."), namespace
	}
	if x.logical != "" {
		out["logicalType"] = x.logical
	}
	if x.logical == "decimal" {
		out["precision"], out["scale"] = x.precision, x.scale
	}
	switch x.kind {
	case "union":
		branches := []any{}
		for _, b := range x.branches {
			branches = append(branches, b.tree(namespace, defined))
		}
		return branches
	case "array":
		out["items"] = x.item.tree(namespace, defined)
	case "map":
		out["values"] = x.item.tree(namespace, defined)
	case "enum":
		out["symbols"] = x.symbols
	case "fixed":
		out["size"] = x.size
	case "record":
		fields := []any{}
		for _, m := range x.fields {
			f := map[string]any{"name": m.name, "type": m.typ.tree(namespace, defined)}
			if m.hasDefault {
				f["default"] = m.defaultValue
			}
			fields = append(fields, f)
		}
		out["fields"] = fields
	}
	return out
}

// ambiguous says that JSON does not tell which of a union's types a value is of.
func (x *typ) ambiguous(seen map[*typ]bool) bool {
	if seen[x] {
		return false
	}
	seen[x] = true
	if values := slices.DeleteFunc(slices.Clone(x.branches), func(b *typ) bool { return b.kind == "null" }); len(values) > 1 {
		return true
	}
	inner := slices.Clone(x.branches)
	for _, m := range x.fields {
		inner = append(inner, m.typ)
	}
	if x.item != nil {
		inner = append(inner, x.item)
	}
	return slices.ContainsFunc(inner, func(i *typ) bool { return i.ambiguous(seen) })
}
