package strictyaml

import (
	"slices"
	"strings"
)

// unknown reports a key that its section does not have. The message names the key that was probably meant, or the sections
// where a key of that name belongs, or all keys of the section. It returns the key that was probably meant.
func (d *decoder) unknown(p place, name string, pos Position) (meant string, ok bool) {
	candidates := names(d.children[p.path])
	var elsewhere []string
	for _, k := range d.schema.Keys {
		if k.name() == name && name != "*" && k.parent() != p.path {
			elsewhere = append(elsewhere, d.section(k.parent()))
		}
	}
	key := dotted(p.key, plainKey(name))
	if k, ok := d.keys[dotted(p.path, name)]; ok {
		d.failAt(pos, key, "unknown key; write %s below %s:, indented", k.name(), d.section(k.parent()))
		return "", false
	}
	before, _, colon := strings.Cut(name, ":")
	switch best, near := Nearest(name, candidates); {
	case colon && slices.Contains(candidates, before):
		d.failAt(pos, key, "unknown key; put a space after the colon of %s:", before)
		return before, true
	case near:
		d.failAt(pos, key, "unknown key; did you mean %q?", best)
		return best, true
	case len(elsewhere) > 0:
		d.failAt(pos, key, "unknown key here; %s belongs in %s", name, JoinWords(elsewhere, "or"))
	default:
		d.failAt(pos, key, "unknown key; %s takes %s", d.section(p.path), JoinWords(candidates, "and"))
	}
	return "", false
}
