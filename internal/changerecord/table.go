package changerecord

import (
	"bytes"
	"errors"
	"fmt"
)

// Row is what a record says about one row of a table.
type Row struct {
	// Key is the record's key, or the columns of the mapping in it. It is nil if the record is about no row.
	Key Key
	// Value is the row as it is now, nil if there is none any more.
	Value []byte
}

var (
	errNotLogged = errors.New("its row has a column that the database did not log: let the database log whole rows (PostgreSQL: ALTER TABLE ... REPLICA IDENTITY FULL)")
	errTruncated = errors.New("the table was truncated, and nothing says which rows of other partitions came before: publish a tombstone for each row")
)

// Row reads a record of a topic that is a table, by the decoder's only mapping. The key must be JSON. The row aliases the record. An
// error continues a sentence about the record and has no part of its content.
func (d *Decoder) Row(record Record) (Row, error) {
	r := reading{Decoder: d, record: record, tombstone: record.Value == nil}
	key, err := r.tableKey()
	if err != nil {
		// A message in the log has another key, and is about no row.
		if !r.tombstone && record.ValueErr == nil && r.isMessage() {
			return Row{}, nil
		}
		return Row{}, err
	}
	if r.tombstone {
		return Row{Key: key}, nil
	}
	if record.ValueErr != nil {
		return Row{}, fmt.Errorf("its value %w", record.ValueErr)
	}
	if r.readValue(record.Value); r.valueErr != nil {
		return Row{}, fmt.Errorf("its value %w", r.valueErr)
	}
	readings := r.readings(0)
	if len(readings) != 1 {
		return Row{}, errEnvelope
	}
	as := readings[0]
	if as.op == "m" {
		return Row{}, nil
	}
	value, err := r.rowNow(as)
	if err != nil {
		return Row{}, err
	}
	return Row{Key: key, Value: value}, nil
}

// tableKey is the key of the record's row.
func (r *reading) tableKey() (Key, error) {
	if r.record.KeyErr != nil {
		return nil, fmt.Errorf("its key %w", r.record.KeyErr)
	}
	if len(r.record.Key) == 0 {
		return nil, errors.New("it has no key")
	}
	if err := r.keys.scan(r.record.Key); err != nil {
		r.keyErr = err
		return nil, errors.New("its key is not JSON: set key to the format of the keys")
	}
	if len(r.mappings[0].columns) == 0 {
		key, err := r.wholeKey()
		if errors.Is(err, errSeveralMembers) {
			err = errors.New("its key is an object with several members: set key_fields to those that are the key")
		}
		return key, err
	}
	key, is := r.keys.key(r.keys.wrapped, 0, rowItself)
	if is != known {
		return nil, errors.New("its key does not have all members of key_fields")
	}
	return key, nil
}

// isMessage reports whether the value is a message in the log of the database.
func (r *reading) isMessage() bool {
	if r.readValue(r.record.Value); r.valueErr != nil {
		return false
	}
	readings := r.readings(0)
	return len(readings) == 1 && readings[0].op == "m"
}

// rowNow is the row as it is after the record, read in one way.
func (r *reading) rowNow(as as) ([]byte, error) {
	if !as.envelope {
		value := r.values.body(as.wrapped)
		if isNull(value) || r.isDeleted(as) {
			return nil, nil
		}
		return value, nil
	}
	switch as.op {
	case "d":
		return nil, nil
	case "t":
		return nil, errTruncated
	case "c", "r", "u":
		value, _ := r.values.place(as.wrapped, after)
		switch {
		case !isObject(value):
			return nil, errors.New("its envelope has no row in after")
		case bytes.Contains(value, []byte(unavailable)):
			return nil, errNotLogged
		}
		return value, nil
	default:
		return nil, errors.New("it is no envelope of Debezium with a known operation: set envelope: plain if its value is the row")
	}
}

// isDeleted reports whether Debezium wrote the row of a deletion, without its envelope.
func (r *reading) isDeleted(as as) bool {
	deleted, _ := r.values.place(as.wrapped, flatDeleted)
	return string(deleted) == "true" || string(deleted) == `"true"`
}
