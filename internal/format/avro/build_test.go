package avro_test

import (
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
)

func enriched(event *avro.Schema) avro.Type {
	user := avro.Record("User", "shop.enriched",
		avro.FieldType{Name: "name", Type: avro.String.Type()},
		avro.FieldType{Name: "price", Type: avro.Nullable(avro.Decimal(12, 2))},
		avro.FieldType{Name: "since", Type: avro.Timestamp.Type(), Doc: "when the user came"})
	return avro.Record("Enriched", "shop.enriched",
		avro.FieldType{Name: "event", Type: avro.Of(event)},
		avro.FieldType{Name: "user", Type: avro.Nullable(user)},
		avro.FieldType{Name: "friends", Type: avro.ArrayOf(user)},
		avro.FieldType{Name: "before", Type: avro.Nullable(avro.Of(event))},
		avro.FieldType{Name: "tags", Type: avro.MapOf(avro.UUID.Type())})
}

func TestBuiltSchemaHoldsTheEventByteForByte(t *testing.T) {
	for _, text := range []string{
		eventSchema,
		`{"type":"record","name":"Node","fields":[{"name":"next","type":["null","Node"],"default":null},{"name":"v","type":"int"}]}`,
		`{"type":"record","name":"Odd","namespace":"","fields":[{"name":"a-b","type":["null",{"type":"fixed","name":"x.F","size":2}],"default":null},{"name":"again","type":["null","x.F"]}]}`,
	} {
		event := parse(t, text)
		schema, err := avro.Build(enriched(event))
		if err != nil {
			t.Fatal(err)
		}
		parse(t, schema.Text())
		field, ok := schema.Field("event")
		if !ok || !field.Same(event) || !event.Same(field) {
			t.Fatalf("the event became %s, and was %s", field.Canonical(), event.Canonical())
		}
		if got := strings.Join(schema.Fields(), " "); got != "event user friends before tags" {
			t.Errorf("fields: %s", got)
		}
		if err := avro.Compatible(field, event); err != nil {
			t.Error(err)
		}
	}
}

func TestEncodingIsThatOfItsFields(t *testing.T) {
	event := parse(t, eventSchema)
	schema, err := avro.Build(enriched(event))
	if err != nil {
		t.Fatal(err)
	}
	body, err := event.Encoder(avro.EncodeOptions{}).AppendAvro(nil, []byte(eventJSON))
	if err != nil {
		t.Fatal(err)
	}
	members := map[string]string{
		"user":    `{"name":"Grace","price":12.5,"since":"2026-01-02T03:04:05Z"}`,
		"friends": `[]`,
		"before":  `null`,
		"tags":    `{"a":"123e4567-e89b-12d3-a456-426614174000"}`,
	}
	whole := `{"event":` + eventJSON
	for _, name := range schema.Fields()[1:] {
		part, _ := schema.Field(name)
		if body, err = part.Encoder(avro.EncodeOptions{}).AppendAvro(body, []byte(members[name])); err != nil {
			t.Fatal(err)
		}
		whole += `,"` + name + `":` + members[name]
	}
	want, err := schema.Encoder(avro.EncodeOptions{}).AppendAvro(nil, []byte(whole+"}"))
	if err != nil {
		t.Fatal(err)
	}
	if string(body) != string(want) {
		t.Errorf("got %x, want %x", body, want)
	}
	if _, err := schema.Decoder(format.Options{}).AppendJSON(nil, body); err != nil {
		t.Error(err)
	}
}

func TestBuiltSchemasThatCannotBe(t *testing.T) {
	event := parse(t, eventSchema)
	for name, test := range map[string]struct {
		schema avro.Type
		want   string
	}{
		"a type of the event's name": {
			schema: avro.Record("Event", "shop", avro.FieldType{Name: "event", Type: avro.Of(event)}),
			want:   `"shop.Event": give the record that is added another name`,
		},
		"two types of a name": {
			schema: avro.Record("Enriched", "",
				avro.FieldType{Name: "a", Type: avro.Record("User", "", avro.FieldType{Name: "id", Type: avro.Long.Type()})},
				avro.FieldType{Name: "b", Type: avro.Record("User", "", avro.FieldType{Name: "id", Type: avro.String.Type()})}),
			want: `"User": give the record`,
		},
		"a field that is no name": {
			schema: avro.Record("Enriched", "", avro.FieldType{Name: "count(*)", Type: avro.Long.Type()}),
			want:   `the field "count(*)" of Enriched is no Avro name`,
		},
		"a record that is no name": {schema: avro.Record("2nd", "shop"), want: `"shop.2nd" is no Avro name`},
		"a field within": {
			schema: avro.Record("Enriched", "", avro.FieldType{Name: "rows", Type: avro.ArrayOf(avro.Record("Row", "", avro.FieldType{Name: "", Type: avro.Long.Type()}))}),
			want:   `the field "" of Row is no Avro name`,
		},
		"two fields alike": {
			schema: avro.Record("Enriched", "", avro.FieldType{Name: "id", Type: avro.Long.Type()}, avro.FieldType{Name: "id", Type: avro.Long.Type()}),
			want:   "id",
		},
		"a scale beyond the precision": {schema: avro.Decimal(2, 3), want: "scale"},
	} {
		_, err := avro.Build(test.schema)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
