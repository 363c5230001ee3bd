package testenv

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDifference(t *testing.T) {
	at := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	want := map[string]any{
		"id": int64(9007199254740993), "at": at, "price": json.Number("1.50"), "none": nil, "ok": true,
		"list": []any{map[string]any{"name": "a"}},
	}
	const right = `{"event":{},"id":9007199254740993,"at":"2026-03-01T12:00:00.000Z","price":1.50,"none":null,"ok":true,"list":[{"name":"a"}]}`
	for _, test := range []struct{ old, instead, where string }{
		{"", "", ""},
		{"9007199254740993", "9007199254740992", "$.id:"},
		{"9007199254740993", `"9007199254740993"`, "$.id:"},
		{"12:00:00.000Z", "12:00:01Z", "$.at:"},
		{"12:00:00.000Z", "13:00:00+01:00", "$.at:"},
		{"1.50", "1.5", "$.price:"},
		{"null", "0", "$.none:"},
		{`"none":null,`, "", "$.none:"},
		{"true", "false", "$.ok:"},
		{`"a"`, `"b"`, "$.list[0].name:"},
		{`{"name":"a"}`, "", "$.list:"},
		{`"a"`, `"a","more":1`, "$.list[0].more:"},
		{`{"name":"a"}`, "[]", "$.list[0]:"},
	} {
		value := strings.Replace(right, test.old, test.instead, 1)
		_, fields, err := decodeOutput([]byte(value))
		if err != nil {
			t.Fatalf("%s: %v", value, err)
		}
		got := difference("$", want, fields)
		if !strings.HasPrefix(got, test.where) || (test.where == "") != (got == "") {
			t.Errorf("%s for %s: %q, want one at %q", test.instead, test.old, got, test.where)
		}
	}
}

func TestDecodeOutputRefuses(t *testing.T) {
	for _, value := range []string{"", "{", "[]", "null", `{"user":{}}`, `{"event":{}} {}`, `{"event":{},}`} {
		if _, _, err := decodeOutput([]byte(value)); err == nil {
			t.Errorf("%q was taken", value)
		}
	}
}

// Splitting an output finds the event that decoding it finds, whatever the event holds.
func TestSplitOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields := rapid.MapOf(rapid.String(), rapid.OneOf(
			rapid.Just(any("}\\\"{")), rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.Map(rapid.SliceOf(rapid.String()), func(s []string) any { return map[string]any{"}": s} }),
		)).Draw(t, "event")
		event, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		value := `{"event":` + string(event) + `,"user":{"id":1}}`
		got, tail, ok := splitOutput([]byte(value))
		if !ok || string(got) != string(event) || string(tail) != `,"user":{"id":1}}` {
			t.Errorf("%s was split into %q and %q, %t", value, got, tail, ok)
		}
		decoded, _, err := decodeOutput([]byte(value))
		if err != nil || string(decoded) != string(event) {
			t.Errorf("%s was decoded to the event %q: %v", value, decoded, err)
		}
	})
}
