package pipelinetest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/command/pipelinetest"
)

// The difference of several records names each record that is missing, and shows each unexpected record whole.
func TestSeveralRecordsThatDiffer(t *testing.T) {
	for expect, want := range map[string][]string{
		`[{value: {sku: a, user: Ada}}, {value: {sku: c, user: Ada}}]`: {`-      "sku": "c"`, `+      "sku": "b"`},
		`[{key: a}]`:                     {`+  {`, `+    "value": {`, `+      "sku": "b"`, `+      "user": "Ada"`},
		`[{}, {}, {key: z}]`:             {`-  {}`, `-    "key": "z"`},
		`[{key: null}, {}]`:              {`-    "key": null`, `+    "key": "a"`},
		`{contains: {sku: a}}`:           {`-  "value": {`, `+      "sku": "b"`},
		`dropped`:                        {`-"dropped"`, `+      "sku": "a"`, `+      "sku": "b"`},
		`{dead_letter: {kind: missing}}`: {`-  "dead_letter": {`, `+      "sku": "b"`},
	} {
		path := filepath.Join(t.TempDir(), "a_test.yaml")
		text := "stubs: {user: [{id: 7, name: Ada, tier: gold}]}\ntests:\n  - {name: a, events: [{user_id: 7, items: [{sku: a}, {sku: b}]}], expect: [" + expect + "]}\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := pipelinetest.Load("testdata/several.yaml", path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Run(t.Context(), 0)
		if err != nil || len(r.Failures) != 1 {
			t.Errorf("%s: %+v, %v", expect, r, err)
			continue
		}
		for _, line := range want {
			if !strings.Contains(r.Failures[0].Text+"\n", "\n"+line) {
				t.Errorf("%s: no line %q in\n%s", expect, line, r.Failures[0].Text)
			}
		}
	}
}
