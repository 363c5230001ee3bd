package outputschema_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/outputschema"
)

// samples are types, and values of them as JSON.
var samples = map[string]func(*rapid.T) string{
	"boolean": func(t *rapid.T) string { return strconv.FormatBool(rapid.Bool().Draw(t, "boolean")) },
	"integer": func(t *rapid.T) string { return strconv.Itoa(int(rapid.Int32().Draw(t, "integer"))) },
	"bigint":  func(t *rapid.T) string { return strconv.FormatInt(rapid.Int64().Draw(t, "bigint"), 10) },
	"decimal(9,2)": func(t *rapid.T) string {
		return fmt.Sprintf("%d.%02d", rapid.IntRange(0, 9_999_999).Draw(t, "whole"), rapid.IntRange(0, 99).Draw(t, "cents"))
	},
	"text": text,
	"bytes": func(t *rapid.T) string {
		return `"` + base64.StdEncoding.EncodeToString(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + `"`
	},
	"date":        func(t *rapid.T) string { return moment(t).Format(`"` + time.DateOnly + `"`) },
	"timestamptz": func(t *rapid.T) string { return moment(t).Format(`"2006-01-02T15:04:05.999999Z"`) },
	"timestamp":   func(t *rapid.T) string { return moment(t).Format(`"2006-01-02T15:04:05.999999"`) },
	"json": func(t *rapid.T) string {
		return rapid.SampledFrom([]string{`{"a":[1,2.50,null]}`, "7", "true", "[]", `{}`}).Draw(t, "json")
	},
}

func text(t *rapid.T) string {
	quoted, _ := json.Marshal(rapid.String().Draw(t, "text"))
	return string(quoted)
}

func moment(t *rapid.T) time.Time {
	return time.UnixMicro(rapid.Int64Range(-1e15, 4e15).Draw(t, "moment")).UTC()
}

var sampleNames = []string{"boolean", "integer", "bigint", "decimal(9,2)", "text", "bytes", "date", "timestamptz", "timestamp", "json"}

// output draws a form and a value of it. shown is the value as a format shows it: what it has no type for is text.
func output(t *rapid.T, depth int, f format.Format) (form *outputschema.Form, value, shown any) {
	kind := rapid.IntRange(0, 3).Draw(t, "kind")
	if depth == 0 {
		kind = 2
	}
	switch kind {
	case 0:
		item, value, shown := output(t, depth-1, f)
		if f == format.Protobuf && item.Kind == outputschema.List {
			item, value, shown = object(field("list", item)), map[string]any{"list": value}, map[string]any{"list": shown}
		}
		n := rapid.IntRange(0, 3).Draw(t, "items")
		values, all := make([]any, n), make([]any, n)
		for i := range n {
			values[i], all[i] = value, shown
		}
		return outputschema.ListOf(item), values, all
	case 1:
		return fields(t, depth-1, f)
	default:
		name := rapid.SampledFrom(sampleNames).Draw(t, "type")
		of, err := outputschema.ParseType(name)
		if err != nil {
			t.Fatal(err)
		}
		raw := samples[name](t)
		asText := name == "json" || f == format.Protobuf && name == "decimal(9,2)"
		if asText {
			return outputschema.Of(of), json.RawMessage(raw), raw
		}
		return outputschema.Of(of), json.RawMessage(raw), json.RawMessage(raw)
	}
}

func fields(t *rapid.T, depth int, f format.Format) (form *outputschema.Form, value, shown any) {
	form = object()
	values, all := map[string]any{}, map[string]any{}
	for i := range rapid.IntRange(1, 4).Draw(t, "fields") {
		name := fmt.Sprintf("f%d", i)
		inner, value, shown := output(t, depth, f)
		form.Fields = append(form.Fields, field(name, inner))
		values[name], all[name] = value, shown
	}
	return form, values, all
}

// Whatever has the form of an output is what its derived schema can hold.
func TestDerivedSchemasHoldTheOutput(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]format.Format{format.Avro, format.Protobuf}).Draw(t, "format")
		form, value, shown := fields(t, 3, f)
		s, err := outputschema.Derive(form, outputschema.Writer{}, outputschema.Config{Format: f})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(shown)
		if err != nil {
			t.Fatal(err)
		}
		got, err := roundTrip(s, raw)
		if err != nil {
			t.Fatalf("%s: %v\n%s", raw, err, s.Text)
		}
		if diff := cmp.Diff(plain(t, want), plain(t, got)); diff != "" {
			t.Fatalf("%s\n%s", s.Text, diff)
		}
	})
}

// roundTrip encodes a value and decodes it.
func roundTrip(s *outputschema.Schema, raw []byte) ([]byte, error) {
	if s.Avro != nil {
		body, err := s.Avro.Encoder(avro.EncodeOptions{TextOfAny: true}).AppendAvro(nil, raw)
		if err != nil {
			return nil, err
		}
		return s.Avro.Decoder(format.Options{}).AppendJSON(nil, body)
	}
	body, err := s.Message.Encoder(protobuf.EncodeOptions{TextOfAny: true}).AppendProto(nil, raw)
	if err != nil {
		return nil, err
	}
	return s.Message.Decoder(format.Options{}).AppendJSON(nil, body)
}

// plain is a value without the order of its members.
func plain(t *rapid.T, raw []byte) any {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
