package jsonenrich

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// TestAFragmentHasWhatAScanFinds compares the keys, points and fields that a Fragment remembers with those of another scan, for values that
// are keys as they stand, keys after a conversion, missing and unusable.
func TestAFragmentHasWhatAScanFinds(t *testing.T) {
	path := func(text string) jsondoc.Path {
		p, err := jsondoc.ParsePath(text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	key := func(types lookupkey.Types, parts ...string) KeyPath {
		k := KeyPath{Types: types}
		for _, p := range parts {
			k.Parts = append(k.Parts, KeyPart{Name: p, Path: path(p)})
		}
		return k
	}
	var f Fragments
	for _, k := range []KeyPath{
		key(lookupkey.Types{lookupkey.Bigint}, "user.one"),
		key(lookupkey.Types{lookupkey.Bigint}, "user.list[].id"),
		key(lookupkey.Types{lookupkey.Text}, "user.list[].name"),
		key(lookupkey.Types{lookupkey.Bigint, lookupkey.Text}, "user.one", "user.list[].name"),
	} {
		f.AddKey(k)
	}
	fields := []Ref{f.AddField(path("user.one")), f.AddField(path("user.deep.field"))}
	f.point(path("user.list[]"))
	f.point(path("user"))
	f.compile()
	rapid.Check(t, func(t *rapid.T) {
		doc := drawRow(t)
		fragment, err := f.Fragment(doc)
		if err != nil {
			t.Fatal(err)
		}
		s := &scanned{}
		if err := f.scan(s, doc); err != nil {
			t.Fatal(err)
		}
		for i, p := range f.keys {
			var got, want []string
			add := func(to *[]string) func(lookup.Key, error) {
				return func(k lookup.Key, err error) {
					if errors.Is(err, stages.ErrNoKey) {
						err = stages.ErrNoKey
					}
					*to = append(*to, fmt.Sprintf("%q %v", k, err))
				}
			}
			f.eachKey(fragment, i, add(&got))
			addKeys(p.appendKeys(nil, s), add(&want))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("keys %d of %s (-want +got):\n%s", i, doc, diff)
			}
		}
		for i, want := range s.found.Points {
			if got := fragment.index.list(i); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("points %d of %s: %v, want %v", i, doc, got, want)
			}
		}
		for i, r := range fields {
			got, gotErr := f.field(fragment, r.number)
			want, wantErr := fieldIn(doc, s.found.Values[f.fields[i]][0])
			if string(got) != string(want) || (got == nil) != (want == nil) || !errors.Is(gotErr, wantErr) {
				t.Errorf("field %d of %s: %s %v, want %s %v", i, doc, got, gotErr, want, wantErr)
			}
		}
	})
}

// drawRow returns a row with any kinds of values at the paths of keys and fields.
func drawRow(t *rapid.T) []byte {
	values := rapid.SampledFrom([]any{0, 7, -3, 1 << 40, 1.5, json.Number("70e-1"), "a", "7", "é\n", "", nil, true, []any{}, map[string]any{}, map[string]any{"field": 1}})
	member := func(in map[string]any, name string) {
		if rapid.Bool().Draw(t, "has "+name) {
			in[name] = values.Draw(t, name)
		}
	}
	row := map[string]any{}
	member(row, "one")
	member(row, "deep")
	if rapid.IntRange(0, 9).Draw(t, "list") == 0 {
		member(row, "list")
	} else {
		list := []any{}
		for range rapid.IntRange(0, 4).Draw(t, "elements") {
			element := map[string]any{}
			member(element, "id")
			member(element, "name")
			list = append(list, element)
		}
		row["list"] = list
	}
	doc, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
