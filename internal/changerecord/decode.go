package changerecord

import (
	"errors"
	"fmt"
	"slices"

	"github.com/loaderline/loaderline/stages/lookup"
)

// errNoOldKey is the mistake that is most likely made with a key that is not the table's primary key.
var errNoOldKey = errors.New("it does not say which key the row had before: let the database log whole rows " +
	"(PostgreSQL: ALTER TABLE ... REPLICA IDENTITY FULL; MySQL: binlog_row_image=FULL)")

// Decode reads a record. It gives the changes for mappings that the record concerns; they alias key and value. A value
// of nil is a tombstone.
func (d *Decoder) Decode(partition int32, key, value []byte) []Change {
	r := reading{Decoder: d, key: key}
	r.keyErr = d.keys.scan(key)
	last, wasDeleted := d.deleted[partition]
	delete(d.deleted, partition)
	switch {
	case value != nil:
		r.valueErr = d.values.scan(value)
		r.classify()
	case wasDeleted && last == string(key):
		return nil // Debezium's tombstone, for compaction: the record before said all of it.
	default:
		r.kind = tombstone
	}
	if r.kind == envelope && r.op == "d" {
		d.deleted[partition] = string(key)
	}
	var changes []Change
	for i := range d.mappings {
		if c, concerned := r.change(i); concerned {
			c.Mapping = i
			changes = append(changes, c)
		}
	}
	return changes
}

// kind is what a record is.
type kind int

const (
	plain kind = iota
	envelope
	tombstone
)

// reading is a record that is being read.
type reading struct {
	*Decoder

	key              []byte
	keyErr, valueErr error
	kind             kind
	op               string
}

// classify finds out whether the value is an envelope.
func (r *reading) classify() {
	if r.valueErr != nil {
		return
	}
	code, hasOp := r.values.place(op)
	_, hasBefore := r.values.place(before)
	_, hasAfter := r.values.place(after)
	_, hasSource := r.values.place(source)
	if hasOp && code[0] == '"' && (hasBefore || hasAfter || hasSource) {
		r.kind, r.op = envelope, string(lookup.Key(code).AppendText(nil))
	}
}

// change is what the record says to a mapping, if it concerns that.
func (r *reading) change(mapping int) (c Change, concerned bool) {
	m := r.mappings[mapping]
	if r.kind == envelope && r.op == "m" {
		return Change{}, false // A message in the log, of no table.
	}
	if m.table != "" && r.kind != tombstone && r.valueErr == nil {
		switch names := r.tables(); {
		case len(names) == 0:
			return unclear(errors.New("it does not say of which table it is")), true
		case !slices.Contains(names, m.table):
			return Change{}, false
		}
	}
	switch {
	case r.kind == envelope && r.op == "t":
		return Change{All: true}, true
	case len(m.columns) == 0:
		key, err := r.wholeKey()
		if err != nil {
			return unclear(err), true
		}
		return Change{Keys: []Key{key}}, true
	case r.valueErr != nil:
		return unclear(fmt.Errorf("its value %w", r.valueErr)), true
	}
	return r.columns(mapping)
}

func unclear(err error) Change { return Change{All: true, Unclear: err} }

// tables are the names by which the record's table may be meant.
func (r *reading) tables() []string {
	text := func(place int) string {
		value, ok := r.values.place(place)
		if !ok || value[0] != '"' {
			return ""
		}
		return string(lookup.Key(value).AppendText(nil))
	}
	table := text(sourceTable)
	if r.kind != envelope {
		table = text(flatTable)
	}
	if table == "" {
		return nil
	}
	names := []string{table}
	schema, db := text(sourceSchema), text(sourceDB)
	if schema != "" {
		names = append(names, schema+"."+table)
	}
	if db != "" {
		names = append(names, db+"."+table)
	}
	if schema != "" && db != "" {
		names = append(names, db+"."+schema+"."+table)
	}
	return names
}

// columns are the keys of the rows that the record has, old and new. The record's own key has the columns too where they
// are the table's primary key, which an update cannot change: that is a deletion and a creation.
func (r *reading) columns(mapping int) (Change, bool) {
	var c Change
	take := func(key Key, is state) state {
		if is == known && !slices.ContainsFunc(c.Keys, key.equal) {
			c.Keys = append(c.Keys, key)
		}
		return is
	}
	inKey := unknown
	if r.keyErr == nil {
		inKey = take(r.keys.key(mapping, rowItself))
	}
	switch r.kind {
	case tombstone:
		if inKey != known {
			return unclear(errors.New("it is a tombstone, whose key does not have the columns of the stage's key")), true
		}
		return c, true
	case plain:
		if take(r.values.key(mapping, rowItself)) == unknown && inKey != known {
			return unclear(errors.New("neither its value nor its key has the columns of the stage's key")), true
		}
		return c, len(c.Keys) > 0
	case envelope:
	}
	was, is := take(r.values.key(mapping, rowBefore)), take(r.values.key(mapping, rowAfter))
	switch r.op {
	case "c", "r":
		if is == unknown && inKey != known {
			return unclear(errors.New("its row does not have the columns of the stage's key")), true
		}
	case "u", "d":
		// A null in the old row may be a column that was not logged.
		if was != known && inKey != known || r.op == "u" && is == unknown && inKey != known {
			return unclear(errNoOldKey), true
		}
	default:
		return unclear(errors.New("its operation is not known")), true
	}
	return c, len(c.Keys) > 0
}

func (k Key) equal(other Key) bool {
	return slices.EqualFunc(k, other, func(a, b []byte) bool { return string(a) == string(b) })
}
