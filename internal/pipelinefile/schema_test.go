package pipelinefile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
)

// validator is the schema as a validator of its own kind reads it.
func validator(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := pf.Schema()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("pipeline.schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("pipeline.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// value is a YAML document as JSON has it, read by another library than the parser's.
func value(t *testing.T, data []byte) any {
	t.Helper()
	var document any
	if err := yaml.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return unmarshal(t, text)
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

func unmarshal(t fataler, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// rightFiles are pipeline files that are right, from tests and documentation.
func rightFiles(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, pattern := range []string{"testdata/right/*.yaml", "../../examples/*.yaml", "../demo/pipeline.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(paths), err)
		}
		for _, path := range paths {
			if !strings.HasSuffix(path, "_test.yaml") { // Those are tests of pipelines.
				files[path] = read(t, path)
			}
		}
	}
	return files
}

func TestRightFilesAreValid(t *testing.T) {
	t.Parallel()
	compiled := validator(t)
	for path, data := range rightFiles(t) {
		if err := compiled.Validate(value(t, data)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestSchemaRefusesWrongFiles names the mistakes that an editor shows as they are typed.
func TestSchemaRefusesWrongFiles(t *testing.T) {
	t.Parallel()
	compiled := validator(t)
	for _, name := range []string{
		"brokers", "durations", "empty", "enums", "list_document", "missing_everything", "no_stages", "null_values", "types", "unknown_keys",
	} {
		if err := compiled.Validate(value(t, read(t, "testdata/wrong/"+name+".yaml"))); err == nil {
			t.Errorf("%s.yaml is valid", name)
		}
	}
}

func TestSchemaShowsDefaultsAndExamples(t *testing.T) {
	t.Parallel()
	text, err := pf.Schema()
	if err != nil {
		t.Fatal(err)
	}
	root, ok := unmarshal(t, text).(map[string]any)
	if !ok {
		t.Fatal("the schema is no object")
	}
	for _, k := range pf.Keys() {
		described := at(root, k.Path)
		if described == nil || (!strings.HasPrefix(fmt.Sprint(described["description"]), k.Doc)) && !strings.HasSuffix(k.Path, "*") {
			t.Errorf("%s: described as %v", k.Path, described)
			continue
		}
		if k.Default != "" && fmt.Sprint(described["default"]) != k.Default {
			t.Errorf("%s: default %v, want %s", k.Path, described["default"], k.Default)
		}
		examples, _ := described["examples"].([]any)
		if len(examples) == 0 != (k.Example == "") {
			t.Errorf("%s: examples %v, want %q", k.Path, examples, k.Example)
		}
	}
}

// at is the schema of a key.
func at(schema map[string]any, path string) map[string]any {
	for name := range strings.SplitSeq(path, ".") {
		name, element := strings.CutSuffix(name, "[]")
		var next any
		for _, alternative := range append([]any{schema}, list(schema["anyOf"])...) {
			section, _ := alternative.(map[string]any)
			if properties, ok := section["properties"].(map[string]any); ok {
				next = properties[name]
			}
			if name == "*" {
				next = section["additionalProperties"]
			}
		}
		found, ok := next.(map[string]any)
		if element {
			found, ok = found["items"].(map[string]any)
		}
		if !ok {
			return nil
		}
		schema = found
	}
	return schema
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// TestPatternsAreOfECMA holds patterns to what Go's and JavaScript's expressions have in common.
func TestPatternsAreOfECMA(t *testing.T) {
	t.Parallel()
	text, err := pf.Schema()
	if err != nil {
		t.Fatal(err)
	}
	goOnly := regexp.MustCompile(`\(\?[^:=!]|\\[AzQECpPaGZ]|\[\[:|\\x\{|\*\+|\+\+`)
	n := 0
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			if pattern, ok := v["pattern"].(string); ok {
				n++
				if goOnly.MatchString(pattern) {
					t.Errorf("%s is of Go alone", pattern)
				}
			}
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(unmarshal(t, text))
	if n < 10 {
		t.Errorf("%d patterns", n)
	}
}

// TestSchemaAndParserAgree changes right files in one place. Whatever the parser takes is valid; of unknown keys,
// required keys that are gone and wrong words both say no.
func TestSchemaAndParserAgree(t *testing.T) {
	t.Parallel()
	compiled := validator(t)
	files := rightFiles(t)
	names := slices.Sorted(maps.Keys(files))
	keys := map[string]pf.Key{}
	for _, k := range pf.Keys() {
		keys[k.Path] = k
	}
	documents := map[string][]byte{}
	for _, name := range names {
		text, err := json.Marshal(value(t, files[name]))
		if err != nil {
			t.Fatal(err)
		}
		documents[name] = text
	}
	rapid.Check(t, func(t *rapid.T) {
		document := unmarshal(t, documents[rapid.SampledFrom(names).Draw(t, "file")])
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
	keys  map[string]pf.Key
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
		if _, known := m.keys[strings.TrimPrefix(section+"."+name, ".")]; !known && !strings.HasSuffix(e.path, "*") && m.keys[section].Type != pf.TypeSecrets && m.keys[section].Type != pf.TypeEnums {
			e.in[name], m.wrong = e.in[e.name], true
		}
	case "gone":
		delete(e.in, e.name)
		m.wrong = k.Required
	case "word":
		word := rapid.StringMatching(`[a-zA-Z0-9_-]{0,12}`).Draw(m.t, "word")
		e.in[e.name] = word
		m.wrong = (k.Type == pf.TypeEnum || k.Type == pf.TypeStart) && !slices.Contains(k.Enum, word)
	case "value":
		e.in[e.name] = rapid.SampledFrom([]any{
			nil, true, 0, 1, -1, 7, 1 << 40, 1.5, "", " ", "a", "${X}", "0", "1s", "1.5h", "-1s", "8MiB", "a, b:1", []any{}, []any{"a"}, []any{""}, []any{"a", "b"}, []any{1}, map[string]any{},
		}).Draw(m.t, "value")
	}
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
			all = append(all, m.entries(below, key, m.keys[key].Type == pf.TypeNames)...)
		}
		for _, element := range list(section[name]) {
			if below, ok := element.(map[string]any); ok {
				all = append(all, m.entries(below, key+"[]", false)...)
			}
		}
	}
	return all
}
