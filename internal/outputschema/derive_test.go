package outputschema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/outputschema"
)

// typed returns the form of a column of a type.
func typed(t *testing.T, text string) *outputschema.Form {
	t.Helper()
	of, err := outputschema.ParseType(text)
	if err != nil {
		t.Fatal(err)
	}
	return outputschema.Of(of)
}

// row returns the form of a row with columns, each as "name type".
func row(t *testing.T, columns ...string) *outputschema.Form {
	t.Helper()
	f := &outputschema.Form{Kind: outputschema.Object, Nullable: true, Origin: "the query of stage user"}
	for _, c := range columns {
		name, of, _ := strings.Cut(c, " ")
		f.Fields = append(f.Fields, outputschema.Field{Name: name, Form: typed(t, of)})
	}
	return f
}

func object(fields ...outputschema.Field) *outputschema.Form {
	return &outputschema.Form{Kind: outputschema.Object, Fields: fields}
}

func field(name string, f *outputschema.Form) outputschema.Field {
	return outputschema.Field{Name: name, Form: f}
}

// event returns the form of a path in the event.
func event(t *testing.T, path string) *outputschema.Form {
	t.Helper()
	p, err := jsondoc.ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	return &outputschema.Form{Kind: outputschema.Event, Path: p.Steps}
}

// nested is the output of shape nest with two stages.
func nested(t *testing.T) *outputschema.Form {
	t.Helper()
	reviews := row(t, "id bigint", "stars integer")
	purchases := row(t, "id bigint", "price decimal(12,2)", "tags text[]")
	purchases.Nullable = false
	purchases.Fields = append(purchases.Fields, field("reviews", outputschema.ListOf(reviews)))
	all := outputschema.ListOf(purchases)
	all.Nullable = true
	return object(field("event", event(t, "event")), field("user", row(t, "id bigint", "name text", "since timestamptz", "extra json")), field("purchases", all))
}

const avroEvent = `{"type":"record","name":"Event","namespace":"shop","doc":"what happened","fields":[
	{"name":"id","type":"long"},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
	{"name":"buyer","type":["null",{"type":"record","name":"Buyer","fields":[{"name":"email","type":"string"}]}],"default":null},
	{"name":"items","type":{"type":"array","items":{"type":"record","name":"Item","fields":[{"name":"sku","type":"string"},{"name":"tags","type":{"type":"array","items":"string"}}]}}}]}`

const protoEvent = `syntax = "proto3"; package shop; import "google/protobuf/timestamp.proto"; enum Kind { NONE = 0; SALE = 1; }
	message Event { int64 id = 1; google.protobuf.Timestamp at = 2; Buyer buyer = 3; repeated Item items = 4; Kind kind = 5; optional bool test = 6; map<string, string> labels = 7; }
	message Buyer { string email = 1; } message Item { string sku = 1; repeated string tags = 2; }`

func avroWriter(t *testing.T, text string) outputschema.Writer {
	t.Helper()
	s, err := avro.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return outputschema.Writer{Avro: s}
}

func protoWriter(t *testing.T, text string) outputschema.Writer {
	t.Helper()
	s, err := protobuf.Parse(map[string]string{"event.proto": text}, "event.proto")
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Message("Event")
	if err != nil {
		t.Fatal(err)
	}
	return outputschema.Writer{Protobuf: m}
}

func TestDeriveAvro(t *testing.T) {
	s, err := outputschema.Derive(nested(t), avroWriter(t, avroEvent), outputschema.Config{Namespace: "shop", NotNull: []string{"user.id"}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"name":"shop.Enriched","type":"record","fields":[{"name":"event","type":{"name":"shop.Event","type":"record","fields":[` +
		`{"name":"id","type":"long"},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},` +
		`{"name":"buyer","type":["null",{"name":"shop.Buyer","type":"record","fields":[{"name":"email","type":"string"}]}]},` +
		`{"name":"items","type":{"type":"array","items":{"name":"shop.Item","type":"record","fields":[{"name":"sku","type":"string"},{"name":"tags","type":{"type":"array","items":"string"}}]}}}]}},` +
		`{"name":"user","type":["null",{"name":"shop.Enriched_user","type":"record","fields":[{"name":"id","type":"long"},{"name":"name","type":["null","string"]},` +
		`{"name":"since","type":["null",{"type":"long","logicalType":"timestamp-micros"}]},{"name":"extra","type":["null","string"]}]}]},` +
		`{"name":"purchases","type":["null",{"type":"array","items":{"name":"shop.Enriched_purchases","type":"record","fields":[{"name":"id","type":["null","long"]},` +
		`{"name":"price","type":["null",{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}]},{"name":"tags","type":["null",{"type":"array","items":["null","string"]}]},` +
		`{"name":"reviews","type":{"type":"array","items":["null",{"name":"shop.Enriched_purchases_reviews","type":"record","fields":[{"name":"id","type":["null","long"]},{"name":"stars","type":["null","int"]}]}]}}]}}]}]}`
	if diff := cmp.Diff(want, s.Avro.Canonical()); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(s.Text, "what happened") || s.Name != "shop.Enriched" {
		t.Errorf("%s: %s", s.Name, s.Text)
	}
}

func TestDeriveProtobuf(t *testing.T) {
	s, err := outputschema.Derive(nested(t), protoWriter(t, protoEvent), outputschema.Config{Format: format.Protobuf, Namespace: "shop.enriched", Types: map[string]lookupext.ColumnType{
		"user.id": {Kind: lookupext.Text},
	}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `syntax = "proto3";
package shop.enriched;

import "google/protobuf/timestamp.proto";

message Enriched {
  shop.enriched.Event event = 1;
  shop.enriched.Enriched_user user = 2;
  repeated shop.enriched.Enriched_purchases purchases = 3;
}
`
	if !strings.HasPrefix(s.Text, want) {
		t.Errorf("%s", s.Text)
	}
	for _, part := range []string{`message Enriched_user {
  optional string id = 1;
  optional string name = 2;
  google.protobuf.Timestamp since = 3;
  optional string extra = 4;
}`, `message Enriched_purchases {
  optional int64 id = 1;
  optional string price = 2;
  repeated string tags = 3;
  repeated shop.enriched.Enriched_purchases_reviews reviews = 4;
}`, "map<string, string> labels = 7;"} {
		if !strings.Contains(s.Text, part) {
			t.Errorf("no %s in\n%s", part, s.Text)
		}
	}
	if !protobuf.Same(s.Message.Field("event"), protoWriter(t, protoEvent).Protobuf) {
		t.Error("the event is of another type than that of the writer")
	}
	if diff := cmp.Diff([]int{0}, s.Message.Index()); diff != "" {
		t.Error(diff)
	}
}

// What the event's schema has at a path is what the output has.
func TestDeriveFromPaths(t *testing.T) {
	form := object(
		field("id", event(t, "event.id")), field("at", event(t, "event.at")), field("email", event(t, "event.buyer.email")), field("buyer", event(t, "event.buyer")),
		field("skus", event(t, "event.items[].sku")), field("items", event(t, "event.items")), field("tags", event(t, "event.items[].tags[]")),
		field("one", event(t, "event.items").Element()), field("oneTags", event(t, "event.items").Element().At([]jsondoc.Step{{Name: "tags"}, {Each: true}})))
	s, err := outputschema.Derive(form, avroWriter(t, avroEvent), outputschema.Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"id": `"long"`, "at": `{"type":"long","logicalType":"timestamp-millis"}`, "email": `["null","string"]`,
		"buyer": `["null",{"name":"shop.Buyer","type":"record","fields":[{"name":"email","type":"string"}]}]`,
		"skus":  `{"type":"array","items":["null","string"]}`, "tags": `{"type":"array","items":["null","string"]}`,
		"items":   `{"type":"array","items":{"name":"shop.Item","type":"record","fields":[{"name":"sku","type":"string"},{"name":"tags","type":{"type":"array","items":"string"}}]}}`,
		"one":     `{"name":"shop.Item","type":"record","fields":[{"name":"sku","type":"string"},{"name":"tags","type":{"type":"array","items":"string"}}]}`,
		"oneTags": `{"type":"array","items":["null","string"]}`,
	}
	for name, want := range want {
		if f, _ := s.Avro.Field(name); f.Canonical() != want {
			t.Errorf("%s: %s, want %s", name, f.Canonical(), want)
		}
	}
	p, err := outputschema.Derive(form, protoWriter(t, protoEvent), outputschema.Config{Format: format.Protobuf})
	if err != nil {
		t.Fatal(err)
	}
	const message = `message Enriched {
  int64 id = 1;
  google.protobuf.Timestamp at = 2;
  optional string email = 3;
  Buyer buyer = 4;
  repeated string skus = 5;
  repeated Item items = 6;
  repeated string tags = 7;
  Item one = 8;
  repeated string oneTags = 9;
}`
	if !strings.Contains(p.Text, message) {
		t.Error(p.Text)
	}
}

func TestDeriveMerged(t *testing.T) {
	form := object(field("buyer", row(t, "name text")), field("tier", typed(t, "text")))
	form.Merged = true
	s, err := outputschema.Derive(form, avroWriter(t, avroEvent), outputschema.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.Avro.Fields(), " "); got != "id at items buyer tier" {
		t.Error(got)
	}
	p, err := outputschema.Derive(form, protoWriter(t, protoEvent), outputschema.Config{Format: format.Protobuf, Types: map[string]lookupext.ColumnType{"labels": {Kind: lookupext.JSON}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(p.Message.Fields(), " "); got != "id at items kind test labels buyer tier" {
		t.Error(got)
	}
	if j, err := outputschema.Derive(form, outputschema.Writer{}, outputschema.Config{Format: format.JSONSchema}); err != nil || !strings.Contains(j.Text, "buyer") {
		t.Errorf("%v, %v", j, err)
	}
}

func TestDeriveJSONSchema(t *testing.T) {
	form := object(field("event", event(t, "event")), field("user", row(t, "id bigint", "price decimal(12,2)", "tags text[]", "at timestamptz", "extra json")), field("vat", event(t, "event.vat")))
	s, err := outputschema.Derive(form, outputschema.Writer{}, outputschema.Config{Format: format.JSONSchema, Name: "Order", NotNull: []string{"user.id"}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "properties": {
    "event": {
      "type": "object"
    },
    "user": {
      "properties": {
        "at": {
          "format": "date-time",
          "type": [
            "string",
            "null"
          ]
        },
        "extra": {},
        "id": {
          "type": "integer"
        },
        "price": {
          "type": [
            "number",
            "string",
            "null"
          ]
        },
        "tags": {
          "items": {
            "type": [
              "string",
              "null"
            ]
          },
          "type": [
            "array",
            "null"
          ]
        }
      },
      "required": [
        "id",
        "price",
        "tags",
        "at",
        "extra"
      ],
      "type": [
        "object",
        "null"
      ]
    },
    "vat": {}
  },
  "required": [
    "event",
    "user",
    "vat"
  ],
  "title": "Order",
  "type": "object"
}`
	if diff := cmp.Diff(want, s.Text); diff != "" {
		t.Error(diff)
	}
}
