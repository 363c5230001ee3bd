package pipelinefile_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/internal/strictyaml/strictyamltest"
)

// TestSchemaAndParserAgree changes right files in one place. Whatever the parser takes is valid; of unknown keys,
// required keys that are gone and wrong words both say no.
func TestSchemaAndParserAgree(t *testing.T) {
	t.Parallel()
	compiled := validator(t)
	files := rightFiles(t)
	names := slices.Sorted(maps.Keys(files))
	keys := map[string]strictyaml.Key{}
	for _, k := range pf.Keys() {
		keys[k.Path] = k
	}
	documents := map[string][]byte{}
	for _, name := range names {
		text, err := json.Marshal(strictyamltest.UnmarshalYAML(t, files[name]))
		if err != nil {
			t.Fatal(err)
		}
		documents[name] = text
	}
	rapid.Check(t, func(t *rapid.T) {
		document := strictyamltest.Unmarshal(t, documents[rapid.SampledFrom(names).Draw(t, "file")])
		m := mutation{t: t, keys: keys}
		m.change(document)
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		_, refused := pf.Parse("pipeline.yaml", text, pf.Options{
			Getenv:   func(string) (string, bool) { return "4", true },
			ReadFile: func(string) ([]byte, error) { return []byte("secret"), nil },
		})
		invalid := compiled.Validate(document)
		if refused == nil && invalid != nil {
			t.Fatalf("the parser takes what the schema does not:\n%s\n%v", text, invalid)
		}
		if m.wrong && (refused == nil || invalid == nil) {
			t.Fatalf("%s: the parser says %v, the schema %v\n%s", m.what, refused, invalid, text)
		}
	})
}

// mutation changes one place of a document.
type mutation struct {
	t     *rapid.T
	keys  map[string]strictyaml.Key
	wrong bool // both have to refuse it
	what  string
}

type entry struct {
	in   map[string]any
	name string
	path string // in the table of keys
}

func (m *mutation) change(document any) {
	root, ok := document.(map[string]any)
	if !ok {
		m.t.Fatal("a pipeline file is a mapping")
	}
	all := m.entries(root, "", false)
	e := all[rapid.IntRange(0, len(all)-1).Draw(m.t, "key")]
	k := m.keys[e.path]
	switch m.what = rapid.SampledFrom([]string{"unknown", "gone", "word", "value"}).Draw(m.t, "change"); m.what {
	case "unknown":
		name := rapid.StringMatching(`[a-z_]{1,8}`).Draw(m.t, "name")
		section := e.path[:max(0, strings.LastIndexByte(e.path, '.'))]
		if _, known := m.keys[strings.TrimPrefix(section+"."+name, ".")]; !known && !strings.HasSuffix(e.path, "*") && !m.free(section) {
			e.in[name], m.wrong = e.in[e.name], true
		}
	case "gone":
		delete(e.in, e.name)
		m.wrong = k.Required
	case "word":
		word := rapid.StringMatching(`[a-zA-Z0-9_-]{0,12}`).Draw(m.t, "word")
		e.in[e.name] = word
		m.wrong = (k.Type == strictyaml.TypeEnum || k.Type == strictyaml.TypeEnumOrTime) && !slices.Contains(k.Enum, word)
	case "value":
		e.in[e.name] = rapid.SampledFrom([]any{
			nil, true, 0, 1, -1, 7, 1 << 40, 1.5, "", " ", "a", "${X}", "0", "1s", "1.5h", "-1s", "8MiB", "a, b:1", []any{}, []any{"a"}, []any{""}, []any{"a", "b"}, []any{1}, map[string]any{},
		}).Draw(m.t, "value")
	}
}

// free says that names of the user's choice are below a key.
func (m *mutation) free(section string) bool {
	for ; section != ""; section = section[:max(0, strings.LastIndexByte(section, '.'))] {
		switch m.keys[strings.TrimSuffix(section, "[]")].Type {
		case strictyaml.TypeSecrets, strictyaml.TypeEnums, strictyaml.TypeExpressions, strictyaml.TypeStrings, strictyaml.TypeTemplate, strictyaml.TypeDocument, strictyaml.TypeRows:
			return true
		default:
		}
	}
	return false
}

// entries are the entries of a mapping and those below it, in an order that does not change.
func (m *mutation) entries(section map[string]any, path string, named bool) []entry {
	var all []entry
	for _, name := range slices.Sorted(maps.Keys(section)) {
		key := name
		if named {
			key = "*"
		}
		key = strings.TrimPrefix(path+"."+key, ".")
		all = append(all, entry{section, name, key})
		if below, ok := section[name].(map[string]any); ok {
			all = append(all, m.entries(below, key, m.keys[key].Type == strictyaml.TypeNames)...)
		}
		for _, element := range list(section[name]) {
			if below, ok := element.(map[string]any); ok {
				all = append(all, m.entries(below, key+"[]", false)...)
			}
		}
	}
	return all
}
