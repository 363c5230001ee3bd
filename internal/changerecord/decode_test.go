package changerecord_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/changerecord"
)

func mapping(t *testing.T, table string, columns ...string) changerecord.Mapping {
	t.Helper()
	m, err := changerecord.NewMapping(table, columns)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// said is what changes say, as one line: keys, "all", or "all: why" where that is assumed.
func said(changes []changerecord.Change) string {
	var all []string
	for _, c := range changes {
		var text []string
		for _, k := range c.Keys {
			text = append(text, string(bytes.Join(k, []byte("+"))))
		}
		if c.All {
			text = append(text, "all")
		}
		if c.Unclear != nil {
			text = []string{"all: " + c.Unclear.Error()}
		}
		all = append(all, fmt.Sprintf("%d: %s", c.Mapping, strings.Join(text, " ")))
	}
	return strings.Join(all, "; ")
}

// sourced puts in what Debezium writes about the source.
func sourced(value string) string {
	return strings.ReplaceAll(value, "SOURCE", `{"version":"3.0.0.Final","connector":"postgresql","name":"shop","ts_ms":1700000000000,"snapshot":"false","db":"shop","schema":"public","table":"reviews","lsn":1}`)
}

// absent is a record without a value.
const absent = "absent"

func bytesOf(text string) []byte {
	if text == absent {
		return nil
	}
	return []byte(text)
}

func TestDecode(t *testing.T) {
	t.Parallel()
	const (
		noOld = "0: all: it does not say for certain which key the row had before: let the database log whole rows (PostgreSQL: ALTER TABLE ... REPLICA IDENTITY FULL; MySQL: binlog_row_image=FULL) and set old_key: before at its topic, or set old_key: primary_key where the key is the table's primary key"
		other = "0: all: its key has other columns than the stage's key, so the row may have had another key before: send before-and-after records, or set old_key: primary_key at its topic where an update never changes the stage's key"
		both  = "0: all: it may be an envelope of Debezium or a row that has such columns: set envelope: debezium or envelope: plain at its topic"
		from  = `"source":SOURCE`
	)
	for name, test := range map[string]struct {
		table      string
		columns    []string
		envelope   changerecord.Envelope
		oldKey     changerecord.OldKey
		key, value string
		want       string
	}{
		// Debezium, for a key that is the table's primary key.
		"create":                        {columns: []string{"id"}, key: `{"id":5}`, value: `{"before":null,"after":{"id":5,"n":1},"op":"c","source":SOURCE}`, want: "0: 5"},
		"snapshot read":                 {columns: []string{"id"}, key: `{"id":5}`, value: `{"before":null,"after":{"id":5},"op":"r","source":SOURCE}`, want: "0: 5"},
		"update without the old row":    {oldKey: changerecord.OldKeyPrimary, columns: []string{"id"}, key: `{"id":5}`, value: `{"before":null,"after":{"id":5},"op":"u","source":SOURCE}`, want: "0: 5"},
		"delete":                        {oldKey: changerecord.OldKeyPrimary, columns: []string{"id"}, key: `{"id":5}`, value: `{"before":{"id":5,"n":null},"after":null,"op":"d","source":SOURCE}`, want: "0: 5"},
		"tombstone":                     {columns: []string{"id"}, key: `{"id":5}`, value: absent, want: "0: 5"},
		"with schemas":                  {oldKey: changerecord.OldKeyPrimary, columns: []string{"id"}, key: `{"schema":{"type":"struct"},"payload":{"id":5}}`, value: `{"schema":{"type":"struct"},"payload":{"before":null,"after":{"id":5},"op":"u","source":SOURCE}}`, want: "0: 5"},
		"with a null schema":            {oldKey: changerecord.OldKeyPrimary, columns: []string{"id"}, key: `{"schema":null,"payload":{"id":5}}`, value: `{"schema":null,"payload":{"before":null,"after":{"id":5},"op":"u","source":SOURCE}}`, want: "0: 5"},
		"columns named as a schema has": {columns: []string{"payload"}, key: `{"payload":7}`, value: `{"schema":"x","payload":7}`, want: "0: 7"},
		"truncate":                      {columns: []string{"id"}, value: `{"before":null,"after":null,"op":"t","source":SOURCE}`, key: absent, want: "0: all"},
		"truncate, the whole key":       {value: `{"before":null,"after":null,"op":"t","source":SOURCE}`, key: absent, want: "0: all"},
		"a logical message":             {columns: []string{"id"}, key: `{"prefix":"x"}`, value: `{"op":"m","ts_ms":1,"source":SOURCE,"message":{"prefix":"x","content":"Zm9v"}}`},
		"a message of no known shape":   {columns: []string{"id"}, key: `{"prefix":"x"}`, value: `{"op":"m","source":{},"message":{}}`, want: both},
		"a message, said to be one":     {columns: []string{"id"}, envelope: changerecord.DebeziumEnvelope, key: `{"prefix":"x"}`, value: `{"op":"m","source":{},"message":{}}`},
		"all members":                   {columns: []string{"id"}, key: `{"id":5}`, value: `{"before":null,"after":{"id":5},"op":"c","ts_ms":1,"ts_us":1,"ts_ns":1,"transaction":{"id":"1"},"source":SOURCE}`, want: "0: 5"},
		"the first of a snapshot":       {columns: []string{"id"}, key: `{"id":5}`, value: `{"before":null,"after":{"id":5},"op":"r","source":{"connector":"postgresql","name":"shop","ts_ms":1,"snapshot":"first_in_data_collection"}}`, want: "0: all"},
		"update, key not said primary":  {columns: []string{"id"}, key: `{"id":5}`, value: `{"before":null,"after":{"id":5},"op":"u","source":SOURCE}`, want: noOld},
		"delete, key not said primary":  {columns: []string{"id"}, key: `{"id":0}`, value: `{"before":{"id":0,"n":1},"after":null,"op":"d","source":SOURCE}`, want: noOld},
		"update by message.key.columns": {columns: []string{"product_id"}, key: `{"product_id":8}`, value: `{"before":null,"after":{"id":5,"product_id":8},"op":"u","source":SOURCE}`, want: noOld},
		"update, the whole key":         {key: `{"product_id":8}`, value: `{"before":null,"after":{"id":5,"product_id":8},"op":"u","source":SOURCE}`, want: noOld},
		"update, the whole primary key": {oldKey: changerecord.OldKeyPrimary, key: `{"id":8}`, value: `{"before":null,"after":{"id":8},"op":"u","source":SOURCE}`, want: "0: 8"},
		"update, whole key, whole rows": {key: `{"id":8}`, value: `{"before":{"id":8},"after":{"id":8},"op":"u","source":SOURCE}`, want: "0: 8"},
		"delete, the whole key":         {key: `{"id":8}`, value: `{"before":{"id":8},"after":null,"op":"d","source":SOURCE}`, want: noOld},
		"a document database":           {columns: []string{"user"}, key: `{"id":"5"}`, value: `{"before":null,"after":"{\"user\":1}","op":"c","source":SOURCE}`, want: both},
		"said to be an envelope, a row": {columns: []string{"id"}, envelope: changerecord.DebeziumEnvelope, key: `{"id":5}`, value: `{"id":5}`, want: "0: all: its operation is not known"},
		"Avro":                          {columns: []string{"id"}, key: `{"id":5}`, value: "\x00\x00\x00\x00\x01\x02\x0a", want: "0: all: its value is not JSON but a message of a schema registry, as Avro: set format: avro or format: json_schema at its topic"},

		// Flat rows whose columns have the names of an envelope's members.
		"op m and a source":           {columns: []string{"id"}, key: `{"id":7}`, value: `{"id":7,"op":"m","source":"mobile","amount":250}`, want: "0: 7"},
		"op t and a source":           {columns: []string{"id"}, key: `{"id":7}`, value: `{"id":7,"op":"t","source":"mobile"}`, want: "0: 7"},
		"op of any text":              {columns: []string{"id"}, key: `{"id":7}`, value: `{"id":7,"op":"manual","source":null,"before":1}`, want: "0: 7"},
		"op m and objects":            {columns: []string{"id"}, key: `{"id":7}`, value: `{"id":7,"op":"m","source":{},"message":{}}`, want: both},
		"op u, before and after":      {columns: []string{"id"}, key: `{"id":7}`, value: `{"id":7,"op":"u","before":{"id":1},"after":{"id":2}}`, want: "0: 7 1 2"},
		"the whole of an envelope":    {columns: []string{"id"}, key: `{"id":7}`, value: `{"id":7,"op":"m","source":SOURCE,"message":{"prefix":"x"}}`, want: both},
		"key named op":                {columns: []string{"op"}, key: absent, value: `{"op":"t","source":SOURCE,"before":null,"after":null}`, want: both},
		"said to be plain":            {columns: []string{"id"}, envelope: changerecord.PlainEnvelope, key: `{"id":7}`, value: `{"id":7,"op":"m","source":SOURCE,"message":{"prefix":"x"}}`, want: "0: 7"},
		"schema and payload":          {columns: []string{"id"}, key: absent, value: `{"id":7,"schema":null,"payload":{"id":900,"text":"new"}}`, want: "0: 7"},
		"a path into a payload":       {columns: []string{"payload.id"}, key: absent, value: `{"schema":null,"payload":{"id":900}}`, want: both},
		"a key named payload, or not": {columns: []string{"payload"}, key: absent, value: `{"schema":null,"payload":{"id":900,"payload":1}}`, want: `0: {"id":900,"payload":1} 1`},
		"a new operation":             {columns: []string{"id"}, key: `{"n":5}`, value: `{"before":{"id":1},"after":{"id":2},"op":"x","source":SOURCE}`, want: "0: all: its operation is not known"},

		// For a key that is another column.
		"create, another column":         {columns: []string{"product_id"}, key: `{"id":5}`, value: `{"before":null,"after":{"id":5,"product_id":7},"op":"c","source":SOURCE}`, want: "0: 7"},
		"update, same value":             {columns: []string{"product_id"}, key: `{"id":5}`, value: `{"before":{"product_id":7},"after":{"product_id":7},"op":"u","source":SOURCE}`, want: "0: 7"},
		"update of the column":           {columns: []string{"product_id"}, key: `{"id":5}`, value: `{"before":{"product_id":7},"after":{"product_id":8},"op":"u","source":SOURCE}`, want: "0: 7 8"},
		"update, the old row not logged": {columns: []string{"product_id"}, key: `{"id":5}`, value: `{"before":null,"after":{"product_id":8},"op":"u","source":SOURCE}`, want: noOld},
		"delete, another column":         {oldKey: changerecord.OldKeyBefore, columns: []string{"product_id"}, key: `{"id":5}`, value: `{"before":{"id":5,"product_id":7},"after":null,"op":"d","source":SOURCE}`, want: "0: 7"},
		"delete, only the key logged":    {columns: []string{"product_id"}, key: `{"id":5}`, value: `{"before":{"id":5,"product_id":null},"after":null,"op":"d","source":SOURCE}`, want: noOld},
		"tombstone, another column":      {columns: []string{"product_id"}, key: `{"id":5}`, value: absent, want: "0: all: it is a tombstone, whose key does not have the columns of the stage's key"},
		"null is nobody's row":           {columns: []string{"product_id"}, key: `{"id":5}`, value: `{"before":null,"after":{"id":5,"product_id":null},"op":"c","source":SOURCE}`},
		"no longer anybody's row":        {columns: []string{"product_id"}, key: `{"id":5}`, value: `{"before":{"product_id":7},"after":{"product_id":null},"op":"u","source":SOURCE}`, want: "0: 7"},
		"a column that was not sent":     {columns: []string{"code"}, key: `{"id":5}`, value: `{"before":{"code":"a"},"after":{"code":"__debezium_unavailable_value"},"op":"u","source":SOURCE}`, want: noOld},
		"no such column":                 {columns: []string{"product"}, key: `{"id":5}`, value: `{"before":null,"after":{"product_id":7},"op":"c","source":SOURCE}`, want: "0: all: its row does not have the columns of the stage's key"},

		// Composite keys, and paths.
		"composite":                   {columns: []string{"tenant", "id"}, key: `{"id":5}`, value: `{"before":{"tenant":"a","id":5},"after":{"tenant":"b","id":5},"op":"u","source":SOURCE}`, want: `0: "a"+5 "b"+5`},
		"composite, from the key":     {columns: []string{"tenant", "id"}, key: `{"id":5,"tenant":"a"}`, value: absent, want: `0: "a"+5`},
		"composite, a part is absent": {columns: []string{"tenant", "id"}, key: `{"id":5}`, value: absent, want: "0: all: it is a tombstone, whose key does not have the columns of the stage's key"},
		"a path":                      {columns: []string{`user."the id"`}, key: absent, value: `{"user":{"the id":"x"}}`, want: `0: "x"`},

		// Tables.
		"the table":               {table: "reviews", columns: []string{"id"}, key: `{"id":5}`, value: `{"op":"c","after":{"id":5},` + from + `}`, want: "0: 5"},
		"the table by its schema": {table: "public.reviews", columns: []string{"id"}, key: `{"id":5}`, value: `{"op":"c","after":{"id":5},` + from + `}`, want: "0: 5"},
		"the table by all names":  {table: "shop.public.reviews", columns: []string{"id"}, key: `{"id":5}`, value: `{"op":"c","after":{"id":5},` + from + `}`, want: "0: 5"},
		"another table":           {table: "users", columns: []string{"id"}, key: `{"id":5}`, value: `{"op":"c","after":{"id":5},` + from + `}`},
		"truncate of another":     {table: "users", columns: []string{"id"}, key: absent, value: `{"op":"t",` + from + `}`},
		"a flattened row":         {oldKey: changerecord.OldKeyPrimary, table: "reviews", columns: []string{"id"}, key: `{"id":5}`, value: `{"id":5,"__table":"reviews","__op":"u"}`, want: "0: 5"},
		"no table":                {table: "reviews", columns: []string{"id"}, key: `{"id":5}`, value: `{"id":5}`, want: "0: all: it does not name its table"},
		"a tombstone of any":      {table: "reviews", columns: []string{"id"}, key: `{"id":5}`, value: absent, want: "0: 5"},

		// Plain records.
		"a row":                      {columns: []string{"id"}, key: absent, value: `{"id":"a","op":"c"}`, want: `0: "a"`},
		"a row and a key":            {columns: []string{"id"}, key: `{"id":5}`, value: `{"id":6}`, want: "0: 5 6"},
		"a key that is no column":    {columns: []string{"id"}, key: `5`, value: `{"id":6}`, want: other},
		"a key that is the column":   {columns: []string{"id"}, key: `6`, value: `{"id":"6"}`, want: `0: "6"`},
		"a row of another key":       {columns: []string{"product_id"}, key: `{"id":5}`, value: `{"id":5,"product_id":6}`, want: other},
		"a column said to be fixed":  {columns: []string{"product_id"}, oldKey: changerecord.OldKeyPrimary, key: `{"id":5}`, value: `{"id":5,"product_id":6}`, want: "0: 6"},
		"flattened, new":             {columns: []string{"product_id"}, key: `{"id":5}`, value: `{"id":5,"product_id":6,"__op":"c","__deleted":"false"}`, want: "0: 6"},
		"flattened, changed":         {columns: []string{"product_id"}, key: `{"product_id":6}`, value: `{"id":5,"product_id":6,"__op":"u"}`, want: noOld},
		"flattened, deleted":         {columns: []string{"product_id"}, key: `{"product_id":6}`, value: `{"id":5,"product_id":6,"__deleted":"true"}`, want: noOld},
		"flattened, deleted, whole":  {columns: []string{"product_id"}, oldKey: changerecord.OldKeyBefore, key: `{"id":5}`, value: `{"id":5,"product_id":6,"__deleted":"true"}`, want: "0: 6"},
		"a deletion with such a key": {columns: []string{"id"}, key: `5`, value: absent, want: "0: all: it is a tombstone, whose key does not have the columns of the stage's key"},
		"neither has the column":     {columns: []string{"id"}, key: `5`, value: `{}`, want: "0: all: neither its value nor its key has the columns of the stage's key"},
		"a value that is no object":  {columns: []string{"id"}, key: `{"id":5}`, value: `[]`, want: "0: 5"},

		// The whole key.
		"a number":                  {key: `5`, value: `anything`, want: "0: 5"},
		"a JSON string":             {key: `"a"`, value: absent, want: `0: "a"`},
		"text":                      {key: `a-1`, value: `{}`, want: `0: "a-1"`},
		"text with zeros":           {key: `007`, value: `{}`, want: `0: "007"`},
		"an only member":            {key: `{"id":5}`, value: absent, want: "0: 5"},
		"an only member, wrapped":   {key: `{"schema":{"type":"struct"},"payload":{"id":5}}`, value: absent, want: "0: 5"},
		"a wrapped number":          {key: `{"schema":{"type":"int64"},"payload":5}`, value: absent, want: "0: 5"},
		"a list":                    {key: `["a",5]`, value: absent, want: `0: "a"+5`},
		"several members":           {key: `{"id":5,"tenant":1}`, value: absent, want: "0: all: its key is an object with several members: set key to the members that are the stage's key"},
		"no key":                    {key: absent, value: `{}`, want: "0: all: it has no key"},
		"a null key":                {key: `null`, value: `{}`, want: "0: all: its key is null"},
		"a number of a serializer":  {key: "\x00\x00\x00\x07", value: `{}`, want: "0: all: its key is neither JSON nor text: write keys as JSON or strings (in Kafka Connect, JsonConverter or StringConverter)"},
		"a message of a serializer": {key: "\x00\x00\x00\x00\x01\xfe", value: `{}`, want: "0: all: its key is neither JSON nor text: write keys as JSON or strings (in Kafka Connect, JsonConverter or StringConverter)"},

		// What is broken.
		"not JSON":     {columns: []string{"id"}, key: `{"id":5}`, value: `{"op":`, want: "0: all: its value is not JSON: unexpected end at byte 6"},
		"empty":        {columns: []string{"id"}, key: `{"id":5}`, value: ``, want: "0: all: its value is not JSON: unexpected end at byte 0"},
		"a name twice": {columns: []string{"id"}, key: `{"id":5}`, value: `{"id":5,"id":6}`, want: `0: all: its value has a name twice in one object, the second at byte 8`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := mapping(t, test.table, test.columns...)
			m.Envelope, m.OldKey = test.envelope, test.oldKey
			d := changerecord.NewDecoder(m)
			if got := said(d.Decode(changerecord.Record{Key: bytesOf(test.key), Value: bytesOf(sourced(test.value))})); got != test.want {
				t.Errorf("it says %q; want %q", got, test.want)
			}
		})
	}
}

func TestNewMappingRefuses(t *testing.T) {
	t.Parallel()
	for column, want := range map[string]string{
		"":       "a path is empty; write one such as event.user_id",
		"a..b":   `"a..b": a name is missing at byte 2`,
		"ids[]":  `"ids[]" has [], but a row has one key; write a column, or a path to one value`,
		"user\n": `"user\n": a name is followed by . or []`,
	} {
		_, err := changerecord.NewMapping("", []string{"id", column})
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q: %v; want %s", column, err, want)
		}
	}
}

// Whatever is in a record, what it says is either keys, or all of them.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":5}`), []byte(`{"before":{"id":5},"after":{"id":6},"op":"u"}`))
	f.Add([]byte(`{"schema":{"type":"struct"},"payload":{"id":5}}`), []byte(`{"schema":null,"payload":{"op":"t"}}`))
	f.Add([]byte("\x00\x01"), []byte(nil))
	byColumn, err := changerecord.NewMapping("t", []string{"id", "a.b"})
	if err != nil {
		f.Fatal(err)
	}
	byKey, err := changerecord.NewMapping("", nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, key, value []byte) {
		for _, c := range changerecord.NewDecoder(byColumn, byKey).Decode(changerecord.Record{Key: key, Value: value}) {
			if c.All == (len(c.Keys) > 0) {
				t.Fatalf("all: %v, and %d keys", c.All, len(c.Keys))
			}
			if c.Unclear != nil && !c.All {
				t.Fatalf("unclear (%v), but not all", c.Unclear)
			}
			for _, k := range c.Keys {
				if c.Mapping == 0 && len(k) != 2 {
					t.Fatalf("a key of %d parts", len(k))
				}
			}
		}
	})
}
