package pipelinefile_test

import (
	"slices"
	"strings"
	"testing"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// output reads right/output.yaml with a line in place of another.
func output(t *testing.T, line, instead string) *pf.File {
	t.Helper()
	const path = "testdata/right/output.yaml"
	text := string(read(t, path))
	if !strings.Contains(text, line) {
		t.Fatalf("no line %q", line)
	}
	f, err := pf.Parse(path, []byte(strings.Replace(text, line, instead, 1)), pf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestOutputOfARecord(t *testing.T) {
	t.Parallel()
	o := output(t, "", "").Output
	if o.Value == nil || len(o.Value.Fields) != 5 || o.Value.Fields[1].Name != "place.of sale" {
		t.Errorf("value: %+v", o.Value)
	}
	if !o.HasKey || o.Key != "item.id" || o.ForEach != "event.items" {
		t.Errorf("key %q (%v), for_each %q", o.Key, o.HasKey, o.ForEach)
	}
	if want := []pf.OutputHeader{{"tenant", "event.tenant", "output.headers.tenant"}, {"version", "2", "output.headers.version"}}; !slices.Equal(o.Headers, want) {
		t.Errorf("headers: %+v", o.Headers)
	}
	if want := []pf.Route{
		{When: `user.tier == "gold"`, Topic: "gold-orders"}, {When: "event.test", Drop: true}, {When: "true", Topic: "orders-enriched"},
	}; !slices.Equal(o.Routes, want) {
		t.Errorf("routes: %+v", o.Routes)
	}
}

// A key of null is no key, which is not the input's.
func TestOutputKeys(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct {
		has bool
		key string
	}{
		"": {}, "  key: null\n": {has: true}, "  key: ~\n": {has: true}, "  key: 'null'\n": {has: true}, "  key: event.id\n": {true, "event.id"}, "  key: 7\n": {true, "7"},
	} {
		if o := output(t, "  key: item.id\n", line).Output; o.HasKey != want.has || o.Key != want.key {
			t.Errorf("%q: %q, %v", line, o.Key, o.HasKey)
		}
	}
}

func TestTopicsOfRoutes(t *testing.T) {
	t.Parallel()
	f := output(t, "", "")
	if got, want := f.OutputTopics(), []string{"orders-enriched", "gold-orders"}; !slices.Equal(got, want) {
		t.Errorf("output topics %q, want %q", got, want)
	}
	if got, want := f.Published(), []string{"orders-enriched", "gold-orders", "orders-dead"}; !slices.Equal(got, want) {
		t.Errorf("published %q, want %q", got, want)
	}
	if got, want := f.AllTopics(), []string{"orders", "orders-enriched", "gold-orders", "orders-dead"}; !slices.Equal(got, want) {
		t.Errorf("all topics %q, want %q", got, want)
	}
	for topic, want := range map[string]string{"orders-enriched": "output.topic", "gold-orders": "output.routes", "other": ""} {
		if got := f.KeyOf(topic); got != want {
			t.Errorf("%s: %q, want %q", topic, got, want)
		}
	}
}

// What ends a template is where the file has it.
func TestErrorsWithinATemplate(t *testing.T) {
	t.Parallel()
	f := output(t, "", "")
	total := f.Output.Value.Fields[3].Value
	got := f.ErrorfIn(total.Key, 1, 16, "wrong")
	want := strictyaml.Error{File: "testdata/right/output.yaml", Line: 17, Column: 27, Key: "output.value.total", Message: "wrong"}
	if *got != want {
		t.Errorf("got %+v, want %+v", *got, want)
	}
}
