package changerecord

import (
	"errors"
	"fmt"
	"slices"
)

// Decode reads a record. It returns the changes for mappings that the record concerns; they alias its key and value.
func (d *Decoder) Decode(record Record) []Change {
	r := reading{Decoder: d, record: record, keyErr: record.KeyErr, valueErr: record.ValueErr, tombstone: record.Value == nil}
	if r.keyErr == nil {
		r.keyErr = d.keys.scan(record.Key)
	}
	last, wasDeleted := d.deleted[record.Partition]
	delete(d.deleted, record.Partition)
	switch {
	case r.valueErr != nil:
	case !r.tombstone:
		r.readValue(record.Value)
	case wasDeleted && last == string(record.Key):
		return nil // Debezium's tombstone, for compaction: the record before said all of it.
	}
	var changes []Change
	certain := true // that it is an envelope, for all mappings
	for i := range d.mappings {
		readings := r.readings(i)
		certain = certain && len(readings) == 1 && readings[0].op == "d"
		if c, concerned := r.change(i, readings); concerned {
			c.Mapping = i
			changes = append(changes, c)
		}
	}
	if certain {
		d.deleted[record.Partition] = string(record.Key)
	}
	return changes
}

// reading is a record that is being read.
type reading struct {
	*Decoder

	record           Record
	keyErr, valueErr error
	tombstone        bool
	shapes           [2]shape // of the value and of its payload, if it has one
}

func (r *reading) readValue(value []byte) {
	if r.valueErr = r.values.scan(value); r.valueErr != nil {
		if len(value) > 5 && value[0] == 0 {
			r.valueErr = errors.New("is not JSON but a message of a schema registry, as Avro: set format: avro or format: json_schema at its topic")
		}
		return
	}
	for wrapped := range r.values.wrapped + 1 {
		r.shapes[wrapped] = r.shape(wrapped)
	}
}

// change is what the record means for a mapping, if it concerns the mapping: everything that any of its readings says.
func (r *reading) change(mapping int, readings []as) (all Change, concerned bool) {
	m := r.mappings[mapping]
	switch {
	case r.tombstone:
		return r.gone(mapping), true
	case r.valueErr != nil && len(m.columns) == 0:
		return r.byKey(), true
	case r.valueErr != nil:
		return unclear(fmt.Errorf("its value %w", r.valueErr)), true
	}
	for _, as := range readings {
		c, ok := r.changeAs(mapping, as)
		if !ok {
			continue
		}
		concerned = true
		all.All = all.All || c.All
		if all.Unclear == nil {
			all.Unclear = c.Unclear
		}
		for _, key := range c.Keys {
			all.add(key)
		}
	}
	if all.All {
		all.Keys = nil
		if len(readings) > 1 {
			all.Unclear = errEnvelope
		}
	}
	return all, concerned
}

func (r *reading) changeAs(mapping int, as as) (Change, bool) {
	m := r.mappings[mapping]
	if as.op == "m" {
		return Change{}, false // A message in the log, of no table.
	}
	if m.table != "" {
		switch names := r.tables(as); {
		case len(names) == 0:
			return unclear(errors.New("it does not name its table")), true
		case !slices.Contains(names, m.table):
			return Change{}, false
		}
	}
	if as.envelope {
		return r.enveloped(mapping, as)
	}
	return r.row(mapping, as)
}

// gone is what a tombstone says.
func (r *reading) gone(mapping int) Change {
	if len(r.mappings[mapping].columns) == 0 {
		return r.byKey()
	}
	var c Change
	if r.inKey(mapping, &c) != known {
		return unclear(errors.New("it is a tombstone, whose key does not have the columns of the stage's key"))
	}
	return c
}

// byKey is the record's key as a whole.
func (r *reading) byKey() Change {
	key, err := r.wholeKey()
	if err != nil {
		return unclear(err)
	}
	return Change{Keys: []Key{key}}
}

// inKey adds the key that the columns are in the record's key.
func (r *reading) inKey(mapping int, c *Change) state {
	is := unknown
	if r.keyErr != nil {
		return is
	}
	if r.keys.wrapped == 1 {
		is = c.take(r.keys.key(1, mapping, rowItself))
	}
	return max(is, c.take(r.keys.key(0, mapping, rowItself)))
}

func unclear(err error) Change { return Change{All: true, Unclear: err} }

// take adds a key of a row, if it is known.
func (c *Change) take(key Key, is state) state {
	if is == known {
		c.add(key)
	}
	return is
}

func (c *Change) add(key Key) {
	if !slices.ContainsFunc(c.Keys, key.equal) {
		c.Keys = append(c.Keys, key)
	}
}

func (k Key) equal(other Key) bool {
	return slices.EqualFunc(k, other, func(a, b []byte) bool { return string(a) == string(b) })
}
