package avro_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
)

// everySchema has each type, each logical type, and types within themselves.
const everySchema = `{"type":"record","name":"Every","namespace":"n","fields":[
	{"name":"event","type":["null",` + eventSchema + `]},
	{"name":"scalars","type":["null","boolean","int","long","float","double","string","bytes",{"type":"enum","name":"E","symbols":["A","B"]},{"type":"fixed","name":"F","size":3}]},
	{"name":"times","type":{"type":"array","items":["null",{"type":"int","logicalType":"date"},{"type":"long","logicalType":"timestamp-nanos"}]}},
	{"name":"day","type":["null",{"type":"int","logicalType":"time-millis"},{"type":"long","logicalType":"local-timestamp-micros"}]},
	{"name":"ids","type":{"type":"map","values":["null",{"type":"string","logicalType":"uuid"}]}},
	{"name":"fixed","type":{"type":"array","items":[{"type":"fixed","name":"U","size":16,"logicalType":"uuid"},{"type":"fixed","name":"D","size":12,"logicalType":"duration"}]}},
	{"name":"money","type":{"type":"array","items":["null",{"type":"bytes","logicalType":"decimal","precision":30,"scale":4}]}},
	{"name":"cents","type":{"type":"fixed","name":"M","size":9,"logicalType":"decimal","precision":18,"scale":9}},
	{"name":"big","type":["null",{"type":"bytes","logicalType":"big-decimal"}],"default":null},
	{"name":"next","type":["null","Every",{"type":"record","name":"Leaf","fields":[{"name":"next","type":["null","Leaf","Every"],"default":null},{"name":"n","type":"int","default":3}]},{"type":"map","values":"Leaf"}],"default":null},
	{"name":"nothing","type":{"type":"array","items":"null"}}]}`

const everyJSON = `{"event":null,"scalars":1.5,"times":[null,"2026-11-29","2026-11-29T14:54:00.123456789Z"],"day":"12:00:00","ids":{"a":"123e4567-e89b-12d3-a456-426614174000","b":null},"fixed":["P1MT1S"],"money":[1.5,"-2.25"],"cents":-1,"next":{"k":{"next":{"n":1}}},"nothing":[null]}`

// beyondTheSchema says that a value was refused that a writer should not have written: an Encoder does not write it either.
func beyondTheSchema(err error) bool {
	return strings.Contains(err.Error(), "the string is no UUID") || strings.Contains(err.Error(), "has more digits than decimal")
}

func FuzzDecode(f *testing.F) {
	schema := parse(f, everySchema)
	d, e := schema.Decoder(format.Options{MaxBytes: 1 << 20}), schema.Encoder(avro.EncodeOptions{})
	body, err := e.AppendAvro(nil, []byte(everyJSON))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add(body[:len(body)/2])
	f.Fuzz(func(t *testing.T, body []byte) {
		out, err := d.AppendJSON(nil, body)
		if err != nil {
			return
		}
		if !json.Valid(out) {
			t.Fatalf("%x became %s", body, out)
		}
		again, err := e.AppendAvro(nil, out)
		if err != nil {
			if !beyondTheSchema(err) {
				t.Fatalf("%s cannot be read: %v", out, err)
			}
			return
		}
		if _, err := d.AppendJSON(nil, again); err != nil {
			t.Fatalf("%s became %x: %v", out, again, err)
		}
	})
}

func FuzzEncode(f *testing.F) {
	schema := parse(f, everySchema)
	d, e := schema.Decoder(format.Options{}), schema.Encoder(avro.EncodeOptions{MaxBytes: 1 << 20})
	f.Add([]byte(everyJSON))
	f.Add([]byte(`{"event":` + eventJSON + `,"scalars":"AAA=","times":[],"day":5,"ids":{},"fixed":[],"money":[],"cents":0,"nothing":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		body, err := e.AppendAvro(nil, text)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%q was taken", text)
		}
		out, err := d.AppendJSON(nil, body)
		if err != nil {
			t.Fatalf("%s became %x: %v", text, body, err)
		}
		// What was read once is stable.
		again, err := e.AppendAvro(nil, out)
		if err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if stable, err := d.AppendJSON(nil, again); err != nil || string(stable) != string(out) {
			t.Fatalf("%s became %s, %v", out, stable, err)
		}
	})
}
