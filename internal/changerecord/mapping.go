package changerecord

import (
	"fmt"

	"github.com/loaderline/loaderline/internal/jsondoc"
)

// Envelope says what the values of a topic are.
type Envelope string

// What values are. Empty is AutoEnvelope.
const (
	// AutoEnvelope takes a value for an envelope of Debezium if it has exactly the shape of one, for a row if it has
	// nothing of this shape, and otherwise for both.
	AutoEnvelope Envelope = "auto"
	// DebeziumEnvelope is op, before, after and source.
	DebeziumEnvelope Envelope = "debezium"
	// PlainEnvelope is the row itself.
	PlainEnvelope Envelope = "plain"
)

// OldKey says which part of a record is known to have the key that a changed or deleted row had before.
type OldKey string

// Where the old key is. Empty is AutoOldKey.
const (
	// AutoOldKey takes it from the old row of an update. It takes it from the old row of a deletion once an update has
	// shown that the database logs whole rows.
	AutoOldKey OldKey = "auto"
	// OldKeyBefore is the old row, which is always whole.
	OldKeyBefore OldKey = "before"
	// OldKeyPrimary is the record's key: the columns are the table's primary key, which no update changes.
	OldKeyPrimary OldKey = "primary_key"
)

// Mapping says where the records of a topic have a key. It is made by NewMapping; Envelope and OldKey may be set
// before it is used.
type Mapping struct {
	Envelope Envelope
	OldKey   OldKey

	table string
	// columns are the parts of the key, as steps into a row. None is the record's key as a whole.
	columns [][]jsondoc.Step
}

// NewMapping reads the records of a table, or of all where it is empty, for the key that columns are in its rows: names,
// or paths such as user.id. Without columns it is the record's key as a whole. Its errors are *ColumnError.
func NewMapping(table string, columns []string) (Mapping, error) {
	m := Mapping{table: table}
	for i, text := range columns {
		path, err := jsondoc.ParsePath(text)
		if err != nil {
			return Mapping{}, &ColumnError{Column: i, Err: err}
		}
		steps := append([]jsondoc.Step{{Name: path.Root}}, path.Steps...)
		for _, step := range steps {
			if step.Each {
				return Mapping{}, &ColumnError{Column: i, Err: fmt.Errorf("%q has [], but a row has one key; write a column, or a path to one value", text)}
			}
		}
		m.columns = append(m.columns, steps)
	}
	return m, nil
}

// ColumnError says which column of a mapping is no path.
type ColumnError struct {
	Column int
	Err    error
}

// Error implements error.
func (e *ColumnError) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e *ColumnError) Unwrap() error { return e.Err }

// Record is a record of a topic, decoded to JSON if it has a schema.
type Record struct {
	Partition int32
	Key       []byte
	Value     []byte // nil for a tombstone
	// KeyErr and ValueErr say why a part with a schema cannot be decoded, as the end of a sentence about it. They have no part of its content.
	// Key and Value are then the bytes as they came.
	KeyErr, ValueErr error
}

// Key is the JSON values of a key's parts.
type Key [][]byte

// Change is what a record says to one mapping.
type Change struct {
	// Mapping is the mapping's number.
	Mapping int
	// Keys are those whose rows have changed. They alias the record.
	Keys []Key
	// All reports whether every key may have changed.
	All bool
	// Unclear is why All is assumed though the record does not say it.
	Unclear error
}

// Decoder reads the records of one topic. It remembers the last of each partition, and is not for concurrent use.
type Decoder struct {
	mappings []Mapping
	keys     *document // of records
	values   *document
	// deleted has, by partition, the key of the row whose deletion was the last record.
	deleted map[int32]string
	// whole has the tables, by mapping, whose latest update had the old row.
	whole []map[string]bool
}

// NewDecoder makes a decoder for the mappings of a topic.
func NewDecoder(mappings ...Mapping) *Decoder {
	d := &Decoder{mappings: mappings, keys: newDocument(mappings, false), values: newDocument(mappings, true), deleted: map[int32]string{}}
	for range mappings {
		d.whole = append(d.whole, map[string]bool{})
	}
	return d
}
