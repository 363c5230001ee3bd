package protobuf_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/format/protobuf"
)

func TestNumbers(t *testing.T) {
	const text = "syntax = \"proto3\";\nmessage A {\n  reserved 2, 4 to 6, 9 to max;\n  string a = 3;\n  oneof b {\n    int32 c = 7;\n  }\n}\n"
	s, err := protobuf.Parse(map[string]string{"a.proto": text}, "a.proto")
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Message("A")
	if err != nil {
		t.Fatal(err)
	}
	got := m.Numbers()
	want := protobuf.Numbers{
		Fields: map[string]int32{"a": 3, "c": 7}, Reserved: []protobuf.NumberRange{{From: 2, To: 3}, {From: 4, To: 7}, {From: 9, To: 536870912}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	b := protobuf.NewBuilder("")
	b.Reserve(b.Message("A", protobuf.BuiltField{Name: "x", Type: "string", Number: 8}), got.Reserved...)
	again, err := b.Text()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("syntax = \"proto3\";\n\nmessage A {\n  reserved 2, 4 to 6, 9 to max;\n  string x = 8;\n}\n", again); diff != "" {
		t.Error(diff)
	}
}

func TestNextNumber(t *testing.T) {
	for _, c := range []struct {
		numbers protobuf.Numbers
		want    int32
	}{
		{protobuf.Numbers{}, 1},
		{protobuf.Numbers{Fields: map[string]int32{"a": 3, "b": 1}}, 4},
		{protobuf.Numbers{Fields: map[string]int32{"a": 3}, Reserved: []protobuf.NumberRange{{8, 10}, {4, 8}, {1, 2}}}, 10},
		{protobuf.Numbers{Fields: map[string]int32{"a": 18_999}}, 20_000},
		{protobuf.Numbers{Fields: map[string]int32{"a": 18_998}, Reserved: []protobuf.NumberRange{{18_999, 19_000}}}, 20_000},
	} {
		if got := c.numbers.Next(); got != c.want {
			t.Errorf("%+v: %d, want %d", c.numbers, got, c.want)
		}
	}
}
