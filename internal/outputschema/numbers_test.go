package outputschema_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/outputschema"
)

// textFields is an object with text fields of these names. Names with a dot are in an object within it.
func textFields(names ...string) (*outputschema.Form, map[string]lookupext.ColumnType) {
	var all, inner []outputschema.Field
	types := map[string]lookupext.ColumnType{}
	for _, name := range names {
		types[name] = lookupext.ColumnType{Kind: lookupext.Text}
		if _, last, nested := strings.Cut(name, "."); nested {
			inner = append(inner, field(last, &outputschema.Form{}))
		} else {
			all = append(all, field(name, &outputschema.Form{}))
		}
	}
	if len(inner) > 0 {
		all = append(all, field("inner", object(inner...)))
	}
	return object(all...), types
}

// after derives a schema of fields that follows another one.
func after(t interface{ Fatal(...any) }, previous *outputschema.Schema, names ...string) *outputschema.Schema {
	form, types := textFields(names...)
	cfg := outputschema.Config{Format: format.Protobuf, Namespace: "shop", Types: types}
	if previous != nil {
		parsed, err := protobuf.Parse(map[string]string{"p.proto": previous.Text}, "p.proto")
		if err != nil {
			t.Fatal(err)
		}
		cfg.Previous = parsed
	}
	s, err := outputschema.Derive(form, outputschema.Writer{}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNumbersFollowThePreviousSchema(t *testing.T) {
	first := after(t, nil, "a", "b", "c", "inner.x", "inner.y")
	if again := after(t, first, "inner.y", "c", "inner.x", "a", "b"); again.Text != first.Text {
		t.Errorf("another order is another schema:\n%s", cmp.Diff(first.Text, again.Text))
	}
	const want = `syntax = "proto3";
package shop;

message Enriched {
  reserved 2;
  optional string a = 1;
  optional string c = 3;
  shop.Enriched_inner inner = 4;
  optional string d = 5;
}

message Enriched_inner {
  reserved 1;
  optional string y = 2;
  optional string z = 3;
}
`
	second := after(t, first, "d", "inner.z", "inner.y", "c", "a")
	if diff := cmp.Diff(want, second.Text); diff != "" {
		t.Error(diff)
	}
	third := after(t, second, "b", "a")
	if !strings.Contains(third.Text, "  reserved 2, 3, 4, 5;\n  optional string a = 1;\n  optional string b = 6;\n") {
		t.Errorf("b has come again:\n%s", third.Text)
	}
}

// However fields come and go, a number belongs to one field while it is there, and to none after.
func TestNumbersAreOfOneField(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var (
			previous *outputschema.Schema
			present  = map[string]int32{}
			retired  = map[int32]string{}
		)
		for range rapid.IntRange(1, 8).Draw(t, "schemas") {
			names := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) string { return fmt.Sprint("f", rapid.IntRange(0, 9).Draw(t, "field")) }), 1, 6, rapid.ID).Draw(t, "fields")
			previous = after(t, previous, names...)
			numbers := previous.Message.Numbers()
			for name, number := range present {
				if !slices.Contains(names, name) {
					retired[number] = name
					delete(present, name)
				}
			}
			for name, number := range numbers.Fields {
				if was, had := present[name]; had && was != number {
					t.Fatalf("%s was %d, and is %d", name, was, number)
				}
				if of, was := retired[number]; was {
					t.Fatalf("%d was the number of %s, and is that of %s", number, of, name)
				}
				present[name] = number
			}
			for number := range retired {
				if !slices.ContainsFunc(numbers.Reserved, func(r protobuf.NumberRange) bool { return number >= r.From && number < r.To }) {
					t.Fatalf("%d is not reserved in\n%s", number, previous.Text)
				}
			}
		}
	})
}
