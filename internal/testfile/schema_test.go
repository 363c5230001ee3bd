package testfile_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/strictyaml/strictyamltest"
	"github.com/loaderline/loaderline/internal/testfile"
)

// inDocs is a test file in a page.
var inDocs = regexp.MustCompile("(?s)```yaml file=[^ \n]*_test.yaml[^\n]*\n(.*?)\n```")

// rightFiles are the test files of the repository and of its pages, and one with all keys.
func rightFiles(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{"all keys": []byte(allKeys)}
	for _, pattern := range []string{"../../examples/*_test.yaml", "../command/pipelinetest/testdata/*_test.yaml", "../../docs/*.md"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(paths), err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if filepath.Ext(path) == ".yaml" {
				files[path] = data
			}
			for i, block := range inDocs.FindAllSubmatch(data, -1) {
				files[path+" "+string(rune('1'+i))] = block[1]
			}
		}
	}
	return files
}

const allKeys = `
env: {SHOP_DSN: "postgres://db/shop"}
stubs:
  user: [{id: 7, price: 1.50, tags: [a, null, true]}]
tests:
  - name: one
    stubs:
      plan: {rows: [], error: {message: denied, code: "42501", keys: [7, [a, 1]]}}
      shop: {error: denied}
      away: {outage: refused}
    events: [{user_id: 7}, {value: 1, other: 2}, {key: k, value: null, headers: {a: b, c: null}}, {raw: "no JSON"}, null, {event: 1, record: {key: k, headers: {a: b}, topic: t, partition: 1, offset: 2, timestamp: 2026-11-24T08:00:00Z}}, {raw: x, record: {}}]
    expect:
      - value: {n: 1}
      - {contains: {n: 1}, key: k, topic: t, headers: {a: null}}
      - dead_letter: {kind: missing, stage: user, code: "1", message: m}
      - dropped
      - outage
      - filtered
      - [{value: {n: 1}, key: null}, {contains: {n: 1}, topic: t}]
`

func TestSchemaTakesRightFiles(t *testing.T) {
	compiled, files := strictyamltest.Compile(t, testfile.Schema()), rightFiles(t)
	if len(files) < 6 {
		t.Fatalf("found %d test files", len(files))
	}
	for path, text := range files {
		if _, err := testfile.Parse("a_test.yaml", text); err != nil {
			t.Errorf("%s is not right: %v", path, err)
		}
		if err := compiled.Validate(strictyamltest.UnmarshalYAML(t, text)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestSchemaRefusesWhatTheParserRefuses(t *testing.T) {
	const test = "tests:\n  - {name: a, events: [{}], expect: [dropped]"
	compiled := strictyamltest.Compile(t, testfile.Schema())
	for _, text := range []string{
		"[a]", "{}", "tests: []", "tests: {a: b}", "test: []", "env: {A: 1}\n" + test + "}",
		"tests:\n  - {name: a}", "tests:\n  - {events: [1], expect: [dropped]}", "tests:\n  - {name: a, events: [], expect: []}",
		test + ", event: 1}", test + ", stubs: {user: [1]}}", test + ", stubs: {user: {row: []}}}", test + ", stubs: {user: {error: {code: \"1\"}}}}",
		"tests:\n  - {name: a, events: [1], expect: [drop]}", "tests:\n  - {name: a, events: [1], expect: [{values: 1}]}",
		"tests:\n  - {name: a, events: [1], expect: [{value: 1, contains: 2}]}",
		"tests:\n  - {name: a, events: [1], expect: [{value: 1, dead_letter: {kind: missing}}]}",
		"tests:\n  - {name: a, events: [1], expect: [{dead_letter: {kind: mising}}]}",
	} {
		if _, err := testfile.Parse("a_test.yaml", []byte(text)); err == nil {
			t.Errorf("the parser takes %q", text)
		}
		if compiled.Validate(strictyamltest.UnmarshalYAML(t, []byte(text))) == nil {
			t.Errorf("%q is valid", text)
		}
	}
}

// TestSchemaHasTheKeysOfTheParser asks the parser with a key that no section has: its error lists the right keys.
func TestSchemaHasTheKeysOfTheParser(t *testing.T) {
	var root struct {
		Properties map[string]any
		Defs       map[string]struct {
			Properties map[string]any
			AnyOf      []struct{ Properties map[string]any } `json:"anyOf"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(testfile.Schema(), &root); err != nil {
		t.Fatal(err)
	}
	keys := map[string]map[string]any{"a test file": root.Properties}
	for name, def := range root.Defs {
		name = strings.ReplaceAll(name, "_", " ")
		keys[name] = def.Properties
		for _, alternative := range def.AnyOf {
			if alternative.Properties != nil {
				keys[name] = alternative.Properties
			}
		}
	}
	const one = "tests:\n  - {name: a, events: [1], expect: "
	for section, text := range map[string]string{
		"a test file":         "xyzzyx: 1",
		"a test":              "tests: [{xyzzyx: 1}]",
		"a stub":              "stubs: {a: {xyzzyx: 1}}",
		"an error":            "stubs: {a: {error: {xyzzyx: 1}}}",
		"a record":            "tests: [{events: [{event: 1, record: {xyzzyx: 1}}]}]",
		"an expected outcome": one + "[{xyzzyx: 1}]}",
		"a dead letter":       one + "[{dead_letter: {xyzzyx: 1}}]}",
	} {
		_, err := testfile.Parse("a_test.yaml", []byte(text))
		if err == nil {
			t.Fatalf("%s: no error", section)
		}
		_, list, _ := strings.Cut(err.Error(), "unknown key; "+section+" has ")
		list, _, _ = strings.Cut(list, "\n")
		var have []string
		for name := range keys[section] {
			have = append(have, name)
		}
		slices.Sort(have)
		if diff := cmp.Diff(strings.Split(list, ", "), have); diff != "" {
			t.Errorf("%s (-parser +schema):\n%s", section, diff)
		}
	}
}
