package changerecord_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/changerecord"
)

// forgets reports whether a change makes a stage forget a key.
func forgets(changes []changerecord.Change, key string) bool {
	return slices.ContainsFunc(changes, func(c changerecord.Change) bool {
		return c.All || slices.ContainsFunc(c.Keys, func(k changerecord.Key) bool { return string(bytes.Join(k, []byte("+"))) == key })
	})
}

func encoded(t *rapid.T, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A row whose columns have the names, and even the values, of what an envelope has, is a row all the same.
func TestFlatRowsAreNeverPassedOver(t *testing.T) {
	t.Parallel()
	source := map[string]any{"version": "3", "connector": "postgresql", "name": "shop", "ts_ms": 1, "db": "d", "schema": "s", "table": "t", "snapshot": "false"}
	any1 := rapid.OneOf(
		rapid.Just[any](nil), rapid.Just[any](source), rapid.Just[any](map[string]any{}),
		rapid.SampledFrom([]any{"c", "r", "u", "d", "t", "m", "x", "mobile", "", 1, 1.5, true, []any{}}),
		rapid.Just[any](map[string]any{"id": 900, "code": "x"}), rapid.Just[any](map[string]any{"type": "struct"}),
		rapid.Just[any](map[string]any{"prefix": "p", "content": "c"}),
		rapid.Just[any](map[string]any{"op": "m", "source": source, "message": map[string]any{"prefix": "p"}}),
		rapid.Just[any](map[string]any{"op": "c", "source": source, "after": map[string]any{"id": 1}}),
	)
	names := []string{"op", "source", "schema", "payload", "before", "after", "ts_ms", "ts_us", "transaction", "message", "__op", "__deleted", "n"}
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.MapOfN(rapid.SampledFrom(names), any1, 0, len(names)).Draw(t, "row")
		mappings := map[string]changerecord.Mapping{}
		for _, column := range []string{"id", "op", "source", "payload", ""} {
			var columns []string
			if column != "" {
				columns = []string{column}
			}
			m, err := changerecord.NewMapping("", columns)
			if err != nil {
				t.Fatal(err)
			}
			mappings[column] = m
		}
		column := rapid.SampledFrom(slices.Sorted(maps.Keys(mappings))).Draw(t, "column")
		var recordKey []byte
		want := "7"
		switch rapid.IntRange(0, 2).Draw(t, "where") {
		case 0: // The record has no key.
			if column == "" {
				return
			}
			row[column] = 7
		case 1: // The key is only in the record's key, as that of another mapping may be.
			if _, inRow := row[column]; inRow && column != "" {
				return
			}
			recordKey = encoded(t, map[string]any{max(column, "id"): 7})
		case 2:
			if column != "" {
				row[column] = 7
			}
			recordKey = encoded(t, map[string]any{max(column, "id"): 7})
		}
		value := encoded(t, row)
		if got := changerecord.NewDecoder(mappings[column]).Decode(changerecord.Record{Key: recordKey, Value: value}); !forgets(got, want) {
			t.Fatalf("%s %s, key %q: %s", recordKey, value, column, said(got))
		}
	})
}

// table is one row of a database, and what Debezium writes when it changes.
type table struct {
	full       bool     // REPLICA IDENTITY FULL
	keyColumns []string // the primary key's, or those of message.key.columns
	wrapped    bool     // with schemas
	flat       bool     // by ExtractNewRecordState
}

// Where a column is not logged, Debezium writes its default. No row is changed to that: an update of the primary key, to a
// record key that is the default, cannot be told from one whose old row was logged.
var defaults = map[string]any{"id": 0, "product_id": 3, "note": nil}

func (d table) record(t *rapid.T, op string, before, after map[string]any) (key, value []byte) {
	source := map[string]any{"connector": "postgresql", "name": "shop", "ts_ms": 1, "snapshot": "false", "table": "t"}
	row := after
	if op == "d" {
		row = before
	}
	of := map[string]any{}
	for _, c := range d.keyColumns {
		of[c] = row[c]
	}
	var body any = map[string]any{"op": op, "before": before, "after": after, "source": source, "ts_ms": 1, "transaction": nil}
	if d.flat {
		flat := maps.Clone(row)
		flat["__op"] = op
		body = flat
	}
	if d.wrapped {
		return encoded(t, map[string]any{"schema": map[string]any{"type": "struct"}, "payload": of}), encoded(t, map[string]any{"schema": map[string]any{"type": "struct"}, "payload": body})
	}
	return encoded(t, of), encoded(t, body)
}

// old is what the database tells of a row before.
func (d table) old(row map[string]any, identity bool) map[string]any {
	if d.full {
		return row
	}
	if !identity {
		return nil
	}
	old := maps.Clone(defaults)
	old["id"] = row["id"]
	return old
}

// Whatever a database logs and however Debezium is configured, the old key of a row is forgotten and the new one.
func TestChangesOfARowAreNeverMissed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := table{
			full: rapid.Bool().Draw(t, "full"), wrapped: rapid.Bool().Draw(t, "wrapped"), flat: rapid.Bool().Draw(t, "flat"),
			keyColumns: rapid.SampledFrom([][]string{{"id"}, {"product_id"}, {"note"}, {"id", "product_id"}}).Draw(t, "keys"),
		}
		column := rapid.SampledFrom([]string{"id", "product_id", "note"}).Draw(t, "column")
		m, err := changerecord.NewMapping(rapid.SampledFrom([]string{"", "t"}).Draw(t, "table"), []string{column})
		if err != nil {
			t.Fatal(err)
		}
		if d.flat {
			m, _ = changerecord.NewMapping("", []string{column})
		}
		switch isKey := slices.Equal(d.keyColumns, []string{"id"}) && column == "id"; {
		case isKey && !d.flat && rapid.Bool().Draw(t, "said"):
			m.OldKey = changerecord.OldKeyPrimary
		case d.full && rapid.Bool().Draw(t, "said"):
			m.OldKey = changerecord.OldKeyBefore
		}
		decoder := changerecord.NewDecoder(m)
		values := map[string]any{"id": 5, "product_id": 7, "note": "n"}
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			next := maps.Clone(values)
			for _, c := range rapid.SliceOfN(rapid.SampledFrom([]string{"id", "product_id", "note"}), 0, 3).Draw(t, "changed") {
				next[c] = rapid.SampledFrom([]any{4, 7, 8}).Draw(t, "value")
			}
			var got []changerecord.Change
			apply := func(op string, before, after map[string]any) {
				key, value := d.record(t, op, before, after)
				got = append(got, decoder.Decode(changerecord.Record{Key: key, Value: value})...)
				if op == "d" {
					got = append(got, decoder.Decode(changerecord.Record{Key: key})...)
				}
			}
			before := d.old(values, values["id"] != next["id"])
			moved := before != nil && slices.ContainsFunc(d.keyColumns, func(c string) bool { return before[c] != next[c] })
			switch {
			case rapid.Bool().Draw(t, "delete"):
				apply("d", d.old(values, true), nil)
				next = values
			case moved:
				apply("d", before, nil)
				apply("c", nil, next)
			default:
				apply("u", before, next)
			}
			for _, row := range []map[string]any{values, next} {
				if key := string(encoded(t, row[column])); !forgets(got, key) {
					t.Fatalf("%+v, %s: from %v to %v forgets %s", d, column, values, next, said(got))
				}
			}
			values = next
		}
	})
}
