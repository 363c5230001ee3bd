package pipelinetest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/command/pipelinetest"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/goldentest"
)

// results runs the tests of a file, and leaves out how long they took.
func results(t *testing.T, name string) []pipelinetest.Result {
	t.Helper()
	s, err := pipelinetest.Load("testdata/"+name+".yaml", "testdata/"+name+"_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []pipelinetest.Result
	for i := range s.File.Tests {
		r, err := s.Run(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		r.Took, r.Millis = 0, 0
		all = append(all, r)
	}
	return all
}

func TestPassing(t *testing.T) {
	for _, name := range []string{"passing", "kinds", "first", "records", "several"} {
		for _, r := range results(t, name) {
			if !r.Passed {
				t.Error(r.Text(console.Palette{}))
			}
		}
	}
}

// TestFailing compares what is said of tests that fail, in each format.
func TestFailing(t *testing.T) {
	all := results(t, "failing")
	var text, asJSON, junit bytes.Buffer
	for _, r := range all {
		text.WriteString(r.Text(console.Palette{}))
		if err := json.NewEncoder(&asJSON).Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := pipelinetest.WriteJUnit(&junit, all); err != nil {
		t.Fatal(err)
	}
	goldentest.Compare(t, "testdata/failing.txt", text.String())
	goldentest.Compare(t, "testdata/failing.json", asJSON.String())
	goldentest.Compare(t, "testdata/failing.xml", junit.String())
}

func TestAStageWithoutAStubIsNotAsked(t *testing.T) {
	r := run(t, "stubs: {user: [{id: 7}]}\ntests:\n  - {name: a, events: [{user_id: 7}], expect: [{}]}")
	if len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Text, "purchases: the test needs a lookup of the key 7, and has no stub for it; write purchases: []") {
		t.Errorf("got %+v", r)
	}
	if r = run(t, "tests:\n  - {name: a, events: [{raw: x}], expect: [{dead_letter: {kind: decode}}]}"); !r.Passed {
		t.Errorf("nothing is asked for an event that cannot be read: %+v", r)
	}
}

// run runs the first of some tests of the failing pipeline.
func run(t *testing.T, tests string) pipelinetest.Result {
	t.Helper()
	s, err := load(t, tests)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Run(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func load(t *testing.T, tests string) (*pipelinetest.Suite, error) {
	t.Helper()
	path := t.TempDir() + "/a_test.yaml"
	if err := os.WriteFile(path, []byte(tests), 0o600); err != nil {
		t.Fatal(err)
	}
	return pipelinetest.Load("testdata/failing.yaml", path)
}

func TestStubsThatDoNotFit(t *testing.T) {
	const rest = "\ntests:\n  - {name: a, events: [{}], expect: [{}]}\n  - {name: b, events: [{}], expect: [{}]}\n"
	for stubs, want := range map[string]string{
		"usr: []":              `a_test.yaml:1:9: stubs.usr: the pipeline has no stage "usr"; did you mean user?`,
		"xyz: []":              `a_test.yaml:1:9: stubs.xyz: the pipeline has no stage "xyz"; the stages are user, purchases`,
		"user: [{name: a}]":    "a_test.yaml:1:16: stubs.user[0]: the row has no id, which holds the key of stage user; _key may hold it instead",
		"purchases: [{id: a}]": "a_test.yaml:1:21: stubs.purchases[0]: the row has no _key, which holds the key of stage purchases",
		"user: [{id: [1, 2]}]": "a_test.yaml:1:16: stubs.user[0]: the key has 2 parts here, and 1 in by of stage user",
		"user: [{id: null}]":   "a_test.yaml:1:16: stubs.user[0]: the key of the row is null",
		"user: [{id: {a: 1}}]": "a_test.yaml:1:16: stubs.user[0]: the key of the row cannot be one of stage user: an object cannot be a key",
		"user: {rows: [{id: 1}], error: {message: m, keys: [a]}}": `a_test.yaml:1:60: stubs.user.error.keys[0]: this cannot be a key of stage user: "a" is not a bigint`,
	} {
		_, err := load(t, "stubs: {"+stubs+"}"+rest)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s:\n got %v\nwant one line with %s", stubs, err, want)
		}
	}
}
