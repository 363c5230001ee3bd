package pipelinefile

import (
	"fmt"
	"slices"
	"strings"
)

// unknown reports a key that its section does not have, with the key that was
// probably meant, or the section where a key of that name belongs, or all keys
// of the section. It returns the key that was probably meant.
func (d *decoder) unknown(p place, name string, pos Pos) (meant string, ok bool) {
	var candidates, elsewhere []string
	for _, k := range d.children[p.path] {
		candidates = append(candidates, k.name())
	}
	for _, k := range Keys() {
		if k.name() == name && k.Path != "stages.*" && k.Path != "sources.*" && k.parent() != p.path {
			elsewhere = append(elsewhere, section(k.parent()))
		}
	}
	key := dotted(p.key, plainKey(name))
	if k, ok := d.keys[dotted(p.path, name)]; ok {
		d.failAt(pos, key, "unknown key; write %s below %s:, indented", k.name(), section(k.parent()))
		return "", false
	}
	before, _, colon := strings.Cut(name, ":")
	switch best, near := nearest(name, candidates); {
	case colon && slices.Contains(candidates, before):
		d.failAt(pos, key, "unknown key; put a space after the colon of %s:", before)
		return before, true
	case near:
		d.failAt(pos, key, "unknown key; did you mean %q?", best)
		return best, true
	case len(elsewhere) > 0:
		d.failAt(pos, key, "unknown key here; %s belongs in %s", name, listed(elsewhere, "or"))
	default:
		d.failAt(pos, key, "unknown key; %s takes %s", section(p.path), listed(candidates, "and"))
	}
	return "", false
}

// plainKey is a key as an error's path has it: on one line and not too long.
func plainKey(name string) string {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r < '!' || r > '~' }) {
		return quoted(name)
	}
	return cut(name)
}

// section names a section for an error.
func section(path string) string {
	switch path {
	case "":
		return "the top level"
	case "stages.*":
		return "a stage"
	case "sources.*":
		return "a source"
	}
	if list, ok := strings.CutSuffix(path, "[]"); ok {
		return "an element of " + list
	}
	return path
}

// contents says what a section is made of.
func (d *decoder) contents(path string) string {
	var names []string
	for _, k := range d.children[path] {
		names = append(names, k.name())
	}
	word := "a mapping with"
	if d.keys[path].Type == TypeSwitch {
		word = "true, false or a mapping with"
	}
	return fmt.Sprintf("%s %s", word, listed(names, "and"))
}
