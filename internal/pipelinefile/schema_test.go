package pipelinefile_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml/strictyamltest"
)

// validator is the schema as a validator of its own kind reads it.
func validator(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := pf.Schema()
	if err != nil {
		t.Fatal(err)
	}
	return strictyamltest.Compile(t, text)
}

// rightFiles are pipeline files that are right, from tests and documentation.
func rightFiles(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, pattern := range []string{"testdata/right/*.yaml", "../../examples/*.yaml", "../command/demo/pipeline.yaml"} {
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
		if err := compiled.Validate(strictyamltest.UnmarshalYAML(t, data)); err != nil {
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
		if err := compiled.Validate(strictyamltest.UnmarshalYAML(t, read(t, "testdata/wrong/"+name+".yaml"))); err == nil {
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
	root, ok := strictyamltest.Unmarshal(t, text).(map[string]any)
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
	walk(strictyamltest.Unmarshal(t, text))
	if n < 10 {
		t.Errorf("%d patterns", n)
	}
}
