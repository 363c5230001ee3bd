package outputschema_test

import (
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/outputschema"
)

func TestWhatCannotBeDerived(t *testing.T) {
	list := lookupext.ColumnType{Kind: lookupext.Array, Item: &lookupext.ColumnType{Kind: lookupext.Text}}
	for name, c := range map[string]struct {
		form   *outputschema.Form
		writer outputschema.Writer
		cfg    outputschema.Config
		want   string
	}{
		"no schema of the event": {
			form: nested(t),
			want: "event: the event has no schema, so nothing is known of its fields; write output.value with those that the record is to have, or the schema as output.schema.file",
		},
		"an event of another format": {
			form: nested(t), writer: protoWriter(t, protoEvent),
			want: "event: the event has no schema of Avro, so nothing is known of its fields; write output.value with those that the record is to have, or the schema as output.schema.file",
		},
		"a path of an event without schema": {
			form: object(field("id", event(t, "event.id"))),
			want: "id: the event has no schema; write its type, as in output.schema.types: {id: text}, or as a column of a statement with a cast",
		},
		"a field that the event does not have": {
			form: object(field("vat", event(t, "event.buyer.vat"))), writer: avroWriter(t, avroEvent),
			want: "vat: the schema of the event has no event.buyer.vat; write its type, as in output.schema.types: {vat: text}, or as a column of a statement with a cast",
		},
		"no list in the event": {
			form: object(field("ids", event(t, "event.id[]"))), writer: avroWriter(t, avroEvent),
			want: "ids: the schema of the event has no list at event.id[], but long; write its type, as in output.schema.types: {ids: text}, or as a column of a statement with a cast",
		},
		"a column without a type": {
			form: object(field("a", outputschema.Of(lookupext.ColumnType{}))),
			want: "a: the database does not tell the type; write its type, as in output.schema.types: {a: text}, or as a column of a statement with a cast",
		},
		"a name of a column": {
			form: object(field("user", row(t, "first-name text"))),
			want: `user.first-name: "first-name" is no Avro name, which has letters, digits and _, and no digit first; write another one with AS in the query of stage user`,
		},
		"a name of the file": {
			form: object(field("1st", typed(t, "text"))),
			want: `1st: "1st" is no Avro name, which has letters, digits and _, and no digit first; choose another name in output.value`,
		},
		"two names alike": {
			form: object(field("user", row(t, "first_name text", "firstName text"))), cfg: outputschema.Config{Format: format.Protobuf},
			want: "user: first_name and firstName are the same name to Protobuf; write another one with AS in the query of stage user",
		},
		"no such path": {
			form: object(field("user", row(t, "name text"))), cfg: outputschema.Config{NotNull: []string{"user.nme"}, Types: map[string]lookupext.ColumnType{"order": {Kind: lookupext.Text}}},
			want: "the output has no order; it has user, user.name\nthe output has no user.nme; did you mean \"user.name\"?",
		},
		"not null in Protobuf": {
			form: object(field("user", row(t, "name text"))), cfg: outputschema.Config{Format: format.Protobuf, NotNull: []string{"user.name"}},
			want: "Protobuf cannot say that a field is never null; remove not_null",
		},
		"a list of lists in Protobuf": {
			form: object(field("a", outputschema.ListOf(outputschema.Of(list)))), cfg: outputschema.Config{Format: format.Protobuf},
			want: "a[]: Protobuf has no lists of lists; write its type as JSON text, as in output.schema.types: {a[]: json}",
		},
		"no object": {
			form: typed(t, "text"), want: "the value: Avro needs an object; write output.value with a name for it, such as value: {event: event}",
		},
		"the name of the event": {
			form: nested(t), writer: avroWriter(t, avroEvent), cfg: outputschema.Config{Name: "Event", Namespace: "shop"},
			want: "give the record that is added another name or namespace",
		},
		"the name of the message": {
			form: nested(t), writer: protoWriter(t, protoEvent), cfg: outputschema.Config{Format: format.Protobuf, Name: "Event"},
			want: "the schema would have two types Event",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := outputschema.Derive(c.form, c.writer, c.cfg)
			if err == nil {
				t.Fatalf("derived %s", s.Text)
			}
			if got := err.Error(); got != c.want && (!strings.HasPrefix(name, "the name") || !strings.Contains(got, c.want)) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestParseType(t *testing.T) {
	for text, want := range map[string]string{
		"decimal(12,2)": "", "decimal( 5 )": "", "text[]": "", "decimal(3,1)[][]": "", "json": "",
		"numeric":      `"numeric" is no type; the types are boolean`,
		"decimal(2,3)": "decimal(2,3) has more digits behind the point than in all",
		"decimal(0)":   "decimal(0) has more digits",
		"string[]":     `"string" is no type`,
		"":             `"" is no type`,
	} {
		_, err := outputschema.ParseType(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
