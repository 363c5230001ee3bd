package registry_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
)

// reference is a reference as a registry sends it.
type reference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// graph has the references of each subject's only version, and text for each schema.
type graph struct {
	refs map[string][]reference
	text string
}

func (g graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := "top"
	if rest, is := strings.CutPrefix(r.URL.Path, "/subjects/"); is {
		name, _, _ = strings.Cut(rest, "/")
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"schema": g.text, "references": g.refs[name], "version": 1, "id": 1})
}

// to refers to subjects by their names.
func to(subjects ...string) []reference {
	var refs []reference
	for _, s := range subjects {
		refs = append(refs, reference{s, s, 1})
	}
	return refs
}

func TestReferencesThatAreNotFollowed(t *testing.T) {
	t.Parallel()
	chain, fan := map[string][]reference{"top": to("0")}, map[string][]reference{}
	for i := range 100 {
		chain[strconv.Itoa(i)] = to(strconv.Itoa(i + 1))
	}
	for i := range 600 {
		fan["top"] = append(fan["top"], to("s"+strconv.Itoa(i))...)
	}
	for name, c := range map[string]struct {
		graph graph
		want  string
	}{
		"to itself":  {graph{refs: map[string][]reference{"top": to("a"), "a": to("a")}}, "subject a, version 1, refers to itself"},
		"in a ring":  {graph{refs: map[string][]reference{"top": to("a"), "a": to("b"), "b": to("a")}}, "reference a: reference b: reference a: subject a, version 1, refers to itself"},
		"too deep":   {graph{refs: chain}, "nested more than 50 deep"},
		"too many":   {graph{refs: fan}, "more than 500 references"},
		"too large":  {graph{refs: map[string][]reference{"top": to("a", "b", "c")}, text: strings.Repeat("x", 5<<20)}, "more than 16 MiB"},
		"two of one": {graph{refs: map[string][]reference{"top": {{"n", "a", 1}, {"n", "a", 2}}}}, "reference n: it is both subject a, version 1, and subject a, version 2"},
		"no version": {graph{refs: map[string][]reference{"top": {{"n", "a", -1}}}}, "version -1 of subject a is no version"},
		"no subject": {graph{refs: map[string][]reference{"top": {{"n", "", 1}}}}, `"" is not a name of a subject`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := open(t, registry.Config{URLs: []string{serve(t, c.graph.ServeHTTP)}}).Schema(t.Context(), schemaid.OfNumber(1))
			if !errors.Is(err, registry.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, %v; want %q", s, err, c.want)
			}
		})
	}
}

// Whatever schemas refer to each other in, each is there once and behind those that it refers to, or there is a ring.
func TestDependenciesComeFirst(t *testing.T) {
	t.Parallel()
	g := graph{}
	client := open(t, registry.Config{URLs: []string{serve(t, func(w http.ResponseWriter, r *http.Request) { g.ServeHTTP(w, r) })}})
	rapid.Check(t, func(rt *rapid.T) {
		g.refs = map[string][]reference{}
		names := []string{"top"}
		for i := range rapid.IntRange(0, 7).Draw(rt, "schemas") {
			names = append(names, fmt.Sprintf("s%d", i))
		}
		for i, name := range names {
			// An earlier schema refers to later ones, and a ring is rare.
			for j, other := range names {
				if j > i && rapid.Bool().Draw(rt, name+other) || j > 0 && j <= i && rapid.IntRange(0, 30).Draw(rt, "ring"+name+other) == 0 {
					g.refs[name] = append(g.refs[name], to(other)...)
				}
			}
		}
		s, err := client.Schema(t.Context(), schemaid.OfNumber(1))
		if ring(g.refs, "top", map[string]bool{}) {
			if err == nil {
				rt.Fatal("a ring was resolved")
			}
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		seen := map[string]bool{}
		for _, d := range s.Dependencies() {
			for _, ref := range g.refs[d.Name] {
				if !seen[ref.Name] {
					rt.Fatalf("%s is before %s", d.Name, ref.Name)
				}
			}
			if seen[d.Name] {
				rt.Fatalf("%s is there twice", d.Name)
			}
			seen[d.Name] = true
		}
		for _, ref := range g.refs["top"] {
			if !seen[ref.Name] {
				rt.Fatalf("%s is missing", ref.Name)
			}
		}
	})
}

// ring reports whether a schema refers to one that is on the way to it.
func ring(refs map[string][]reference, at string, way map[string]bool) bool {
	if way[at] {
		return true
	}
	way[at] = true
	defer delete(way, at)
	for _, ref := range refs[at] {
		if ring(refs, ref.Name, way) {
			return true
		}
	}
	return false
}
