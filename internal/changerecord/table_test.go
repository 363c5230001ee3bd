package changerecord_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/changerecord"
)

const (
	tableSource  = `"source":{"connector":"postgresql","name":"shop","ts_ms":1700000000000,"table":"users"}`
	schemaBeside = `{"schema":{"type":"struct"},"payload":`
)

func TestRowsOfTables(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		key, value string // the value "tombstone" is none
		columns    []string
		envelope   changerecord.Envelope
		wantKey    string
		wantRow    string // empty: none
		says       string // of the error
	}{
		"a plain row":                {key: `7`, value: `{"name":"Ann"}`, wantKey: `7`, wantRow: `{"name":"Ann"}`},
		"a tombstone":                {key: `7`, value: "tombstone", wantKey: `7`},
		"null":                       {key: `7`, value: "null", wantKey: `7`},
		"a scalar":                   {key: `"a"`, value: "5", wantKey: `"a"`, wantRow: `5`},
		"an only member":             {key: `{"id":7}`, value: `{}`, wantKey: `7`, wantRow: `{}`},
		"a list":                     {key: `["t",7]`, value: `{}`, wantKey: `"t",7`, wantRow: `{}`},
		"members":                    {key: `{"x":1,"id":7,"tenant":"t"}`, value: `{}`, columns: []string{"tenant", "id"}, wantKey: `"t",7`, wantRow: `{}`},
		"a nested member":            {key: `{"user":{"id":7}}`, value: `{"user":{"id":8}}`, columns: []string{"user.id"}, wantKey: `7`, wantRow: `{"user":{"id":8}}`},
		"members that are not there": {key: `{"x":1}`, value: `{"id":7}`, columns: []string{"id"}, says: "key_fields"},
		"several members":            {key: `{"x":1,"id":7}`, value: `{}`, says: "set key_fields"},
		"no key":                     {value: `{}`, says: "it has no key"},
		"a key that is no JSON":      {key: `abc`, value: `{}`, says: "its key is not JSON"},
		"a value that is no JSON":    {key: `7`, value: `{"a"`, says: "its value"},

		"a creation":          {key: `{"id":7}`, value: `{"before":null,"after":{"id":7},"op":"c",` + tableSource + `}`, wantKey: `7`, wantRow: `{"id":7}`},
		"an update":           {key: `{"id":7}`, value: `{"before":{"id":7,"a":1},"after":{"id":7,"a":2},"op":"u",` + tableSource + `}`, wantKey: `7`, wantRow: `{"id":7,"a":2}`},
		"a snapshot":          {key: `{"id":7}`, value: `{"before":null,"after":{"id":7},"op":"r",` + tableSource + `}`, wantKey: `7`, wantRow: `{"id":7}`},
		"a deletion":          {key: `{"id":7}`, value: `{"before":{"id":7},"after":null,"op":"d",` + tableSource + `}`, wantKey: `7`},
		"schemas beside":      {key: schemaBeside + `{"id":7}}`, value: schemaBeside + `{"before":null,"after":{"id":7},"op":"c",` + tableSource + `}}`, wantKey: `7`, wantRow: `{"id":7}`},
		"a row with a schema": {key: schemaBeside + `{"id":7}}`, value: schemaBeside + `{"id":7}}`, wantKey: `7`, wantRow: `{"id":7}`},
		"a truncation":        {key: `{"id":7}`, value: `{"before":null,"after":null,"op":"t",` + tableSource + `}`, says: "truncated"},
		"a message": {
			key: `{"prefix":"audit"}`, value: `{"op":"m","ts_ms":1,` + tableSource + `,"message":{"prefix":"audit","content":"aGk="}}`, columns: []string{"id"},
		},
		"a column that was not logged": {key: `{"id":7}`, value: `{"before":null,"after":{"id":7,"text":"__debezium_unavailable_value"},"op":"u",` + tableSource + `}`, says: "REPLICA IDENTITY FULL"},
		"a flat row":                   {key: `{"id":7}`, value: `{"id":7,"__deleted":"false","__op":"u"}`, wantKey: `7`, wantRow: `{"id":7,"__deleted":"false","__op":"u"}`},
		"a flat deletion":              {key: `{"id":7}`, value: `{"id":7,"__deleted":"true","__op":"d"}`, wantKey: `7`},

		"what may be both":            {key: `7`, value: `{"op":"u","before":null,"after":{"a":1}}`, says: "envelope: debezium or envelope: plain"},
		"what may be both, as plain":  {key: `7`, value: `{"op":"u","before":null,"after":{"a":1}}`, envelope: changerecord.PlainEnvelope, wantKey: `7`, wantRow: `{"op":"u","before":null,"after":{"a":1}}`},
		"what may be both, enveloped": {key: `7`, value: `{"op":"u","before":null,"after":{"a":1}}`, envelope: changerecord.DebeziumEnvelope, wantKey: `7`, wantRow: `{"a":1}`},
		"no envelope":                 {key: `7`, value: `{"a":1}`, envelope: changerecord.DebeziumEnvelope, says: "envelope: plain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mapping, err := changerecord.NewMapping("", test.columns)
			if err != nil {
				t.Fatal(err)
			}
			mapping.Envelope = test.envelope
			record := changerecord.Record{Key: []byte(test.key)}
			if test.value != "tombstone" {
				record.Value = []byte(test.value)
			}
			row, err := changerecord.NewDecoder(mapping).Row(record)
			if key := string(bytes.Join(row.Key, []byte(","))); key != test.wantKey || string(row.Value) != test.wantRow {
				t.Errorf("key %s, row %s, want %s, %s", key, row.Value, test.wantKey, test.wantRow)
			}
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want an error that says %q", err, test.says)
			}
		})
	}
}

// What could not be decoded is said, also of a tombstone's key.
func TestRowsThatCannotBeDecoded(t *testing.T) {
	t.Parallel()
	mapping, err := changerecord.NewMapping("", nil)
	if err != nil {
		t.Fatal(err)
	}
	d, bad := changerecord.NewDecoder(mapping), errors.New("cannot be decoded: unknown schema")
	for says, record := range map[string]changerecord.Record{
		"its key cannot be decoded":   {Key: []byte("x"), KeyErr: bad},
		"its value cannot be decoded": {Key: []byte("7"), Value: []byte("x"), ValueErr: bad},
	} {
		if _, err := d.Row(record); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want an error that says %q", err, says)
		}
	}
}
