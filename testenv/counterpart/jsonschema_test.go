package counterpart_test

import (
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/jsonschema"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/testenv"
	"github.com/loaderline/loaderline/testenv/counterpart"
)

const jsonSchema = `{
	"$schema": "http://json-schema.org/draft-07/schema#", "title": "Event", "type": "object", "additionalProperties": false,
	"required": ["id", "kind"],
	"properties": {
		"id": {"type": "integer"}, "kind": {"enum": ["VIEW", "ORDER"]}, "price": {"type": "number", "minimum": 0},
		"note": {"type": ["string", "null"], "maxLength": 20},
		"items": {"type": "array", "items": {"$ref": "#/definitions/item"}, "maxItems": 5},
		"tags": {"type": "object", "additionalProperties": {"type": "string"}}
	},
	"definitions": {"item": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string", "pattern": "^[a-z]+$"}}}}
}`

// drawDocument draws a value of jsonSchema.
func drawDocument(t *rapid.T) any {
	return map[string]any{
		"id": rapid.Int64().Draw(t, "id"), "kind": rapid.SampledFrom([]string{"VIEW", "ORDER"}).Draw(t, "kind"),
		"price": rapid.Float64Range(0, 1e12).Draw(t, "price"),
		"note":  rapid.OneOf(rapid.Just[any](nil), rapid.StringN(0, 20, -1).AsAny()).Draw(t, "note"),
		"items": rapid.SliceOfN(rapid.Map(rapid.StringMatching(`[a-z]{1,8}`), func(sku string) any { return map[string]any{"sku": sku} }), 0, 5).Draw(t, "items"),
		"tags":  rapid.MapOfN(rapid.String(), rapid.String(), 0, 4).Draw(t, "tags"),
	}
}

// Confluent's client in Python and our own read each other's JSON, with the ID in the prefix and in a header.
func TestJSONSchema(t *testing.T) {
	testenv.NeedServices(t)
	schema, err := jsonschema.Compile(jsonSchema, nil)
	if err != nil {
		t.Fatal(err)
	}
	values := marshal(t, draw(events, drawDocument))
	for name, c := range map[string]struct {
		world  func(*testing.T) world
		header bool
		place  schemaid.Place
	}{
		"prefix": {newWorld, false, schemaid.InPrefix},
		"header": {newGUIDWorld, true, schemaid.InHeader},
	} {
		t.Run(name, func(t *testing.T) {
			w := c.world(t)
			python := w.python(t)
			topic := testenv.Topic(t, "counterpart", 1)
			w.register(t, topic, &registry.Schema{Type: registry.JSON, Text: jsonSchema})
			python.run(t, counterpart.Command{Do: "write", Format: "json", Schema: jsonSchema, Topic: topic, Values: values, Header: c.header})
			got := reader{format: format.JSONSchema, place: c.place}.values(t, w, w.read(t, topic, events))
			equal(t, "read by ourselves", values, got)
			for _, v := range got {
				if err := schema.Validate(v); err != nil {
					t.Fatalf("%v: %s", err, v)
				}
			}

			topic = testenv.Topic(t, "counterpart", 1)
			w.register(t, topic, &registry.Schema{Type: registry.JSON, Text: jsonSchema})
			prefix, headers := w.identify(t, topic, c.header)
			var records []*kgo.Record
			for _, v := range values {
				records = append(records, &kgo.Record{Value: append(slices.Clip(prefix), v...), Headers: headers})
			}
			w.write(t, topic, records)
			got = python.run(t, counterpart.Command{Do: "read", Format: "json", Schema: jsonSchema, Topic: topic, Count: events})
			equal(t, "read by Python", values, got)
		})
	}
}

// Confluent's client refuses the same values as we do.
func TestJSONSchemaRefuses(t *testing.T) {
	w := newWorld(t)
	python := w.python(t)
	schema, err := jsonschema.Compile(jsonSchema, nil)
	if err != nil {
		t.Fatal(err)
	}
	topic := testenv.Topic(t, "counterpart", 1)
	for _, c := range []struct {
		value any
		ok    bool
	}{
		{map[string]any{"id": 1, "kind": "VIEW"}, true},
		{map[string]any{"id": 1.0, "kind": "VIEW", "note": "ééééééééééééééééééé𝄞"}, true},
		{map[string]any{"kind": "VIEW"}, false},
		{map[string]any{"id": 1.5, "kind": "VIEW"}, false},
		{map[string]any{"id": 1, "kind": "view"}, false},
		{map[string]any{"id": 1, "kind": "VIEW", "price": -0.1}, false},
		{map[string]any{"id": 1, "kind": "VIEW", "note": "éééééééééééééééééééé𝄞"}, false},
		{map[string]any{"id": 1, "kind": "VIEW", "items": []any{map[string]any{"sku": "A"}}}, false},
		{map[string]any{"id": 1, "kind": "VIEW", "other": 1}, false},
		{[]any{}, false},
	} {
		value := marshal(t, []any{c.value})
		_, err := python.Run(counterpart.Command{Do: "write", Format: "json", Schema: jsonSchema, Topic: topic, Values: value})
		if own := schema.Validate(value[0]); (own == nil) != c.ok || (err == nil) != c.ok {
			t.Errorf("%s: valid %t, our own %v, Python %v", value[0], c.ok, own, err)
		}
	}
}
