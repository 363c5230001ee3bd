package avro

import (
	"strconv"
	"strings"
)

// canonical writes the parsing canonical form, with logical types.
func canonical(root *node) string {
	w := canonicalWriter{defined: map[*node]bool{}}
	w.node(root, "")
	return w.text.String()
}

type canonicalWriter struct {
	text    strings.Builder
	defined map[*node]bool
}

func (w *canonicalWriter) write(parts ...string) {
	for _, part := range parts {
		w.text.WriteString(part)
	}
}

func (w *canonicalWriter) node(n *node, namespace string) {
	switch {
	case n.kind == kindUnion:
		w.write("[")
		for i, branch := range n.union {
			if i > 0 {
				w.write(",")
			}
			w.node(branch, namespace)
		}
		w.write("]")
	case w.defined[n]:
		w.write(quote(n.name))
	case n.name == "" && n.item == nil && n.logical == logicalNone:
		w.write(quote(n.kind.String()))
	default:
		w.object(n, namespace)
	}
}

func (w *canonicalWriter) object(n *node, namespace string) {
	w.write("{")
	if n.name != "" {
		w.defined[n] = true
		w.write(`"name":`, quote(n.name), ",")
		inner := namespaceOf(n.name)
		if inner == "" && namespace != "" {
			w.write(`"namespace":"",`)
		}
		namespace = inner
	}
	w.write(`"type":`, quote(n.kind.String()))
	switch n.kind {
	case kindRecord:
		w.write(`,"fields":[`)
		for i := range n.fields {
			if i > 0 {
				w.write(",")
			}
			w.write(`{"name":`, quote(n.fields[i].name), `,"type":`)
			w.node(n.fields[i].node, namespace)
			w.write("}")
		}
		w.write("]")
	case kindEnum:
		w.write(`,"symbols":[`, strings.Join(n.quoted, ","), "]")
	case kindArray:
		w.write(`,"items":`)
		w.node(n.item, namespace)
	case kindMap:
		w.write(`,"values":`)
		w.node(n.item, namespace)
	case kindFixed:
		w.write(`,"size":`, strconv.Itoa(n.size))
	default: // Its name says all.
	}
	if n.logical != logicalNone {
		w.write(`,"logicalType":`, quote(n.label))
	}
	if n.logical == logicalDecimal {
		w.write(`,"precision":`, strconv.Itoa(n.precision), `,"scale":`, strconv.Itoa(n.scale))
	}
	w.write("}")
}
