package lookuptable

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

const (
	// rowBytes is about the memory of a row beside its key and its value.
	rowBytes = 96
	// The first block of memory for values, and the largest.
	firstBlock, largestBlock = 4 << 10, 256 << 10
)

// ErrTooLarge says that rows take more memory than they may.
var ErrTooLarge = errors.New("the rows take more memory than allowed")

// Builder makes Rows. It is for one goroutine. Its errors show no values.
type Builder struct {
	schema *Schema
	limit  int64
	rows   *Rows
	places []int32 // by row
	header []field // of AddText

	row   []byte   // the one that is being added
	parts [][]byte // of its key; nil where it has none
	text  []byte
	json  jsontext.Decoder
	block []byte // what is left of the last block for values
	grown int    // the size of that block
}

// NewBuilder returns a Builder whose rows may take so many bytes of memory.
func (s *Schema) NewBuilder(limit int64) *Builder {
	return &Builder{schema: s, limit: limit, rows: &Rows{last: map[lookup.Key]int32{}}, parts: make([][]byte, len(s.key))}
}

// AddObject adds a row that is a JSON object. Values without a type stay as they are. place is where the row is, for Duplicate.
func (b *Builder) AddObject(place int, object []byte) error {
	b.begin()
	if err := b.members(object); err != nil {
		return err
	}
	return b.end(place)
}

// AddNamed adds a row that is a JSON object without its key, which is text, as AddObject does.
func (b *Builder) AddNamed(place int, key string, object []byte) error {
	b.begin()
	b.text = lookupkey.AppendString(b.text[:0], key)
	if err := b.member(b.schema.column(lookupext.KeyMember), "", b.text); err != nil {
		return fmt.Errorf("the name of the row %w", err)
	}
	if err := b.members(object); err != nil {
		return err
	}
	return b.end(place)
}

func (b *Builder) begin() {
	b.row = append(b.row[:0], '{')
	clear(b.parts)
}

// members adds the members of an object to the row.
func (b *Builder) members(object []byte) error {
	compact, err := jsontext.AppendFormat(nil, object, jsontext.PreserveRawStrings(true))
	if err != nil {
		return errors.New("the row " + jsondoc.Brief(err, len(object)))
	}
	if compact[0] != '{' {
		return errors.New("the row is not a JSON object")
	}
	d := &b.json
	d.Reset(bytes.NewBuffer(compact))
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadValue()
		if err != nil {
			return err
		}
		member := string(name) + ":"
		text := string(lookupkey.AppendText(nil, lookup.Key(name)))
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		if err := b.member(b.schema.column(text), member, value); err != nil {
			return fmt.Errorf("column %s %w", strconv.Quote(text), err)
		}
	}
	return nil
}

// member adds a member to the row, and to the key.
func (b *Builder) member(c *column, member string, raw []byte) error {
	from := len(b.row)
	if !c.hidden {
		if from > 1 {
			b.row = append(b.row, ',')
		}
		b.row = append(b.row, member...)
	}
	start := len(b.row)
	var err error
	if b.row, err = c.typ.appendValue(b.row, raw); err != nil {
		return err
	}
	if c.part >= 0 {
		b.parts[c.part] = append([]byte{}, b.row[start:]...)
	}
	if c.hidden {
		b.row = b.row[:from]
	}
	return nil
}

// end adds the row to the others.
func (b *Builder) end(place int) error {
	b.row = append(b.row, '}')
	for i, part := range b.parts {
		if part == nil || string(part) == "null" {
			return fmt.Errorf("the row has no value in column %s, which holds the key", strconv.Quote(b.schema.key[i]))
		}
	}
	key, err := b.schema.keyTypes.Key(b.parts...)
	if err != nil {
		return fmt.Errorf("the key: %w", err)
	}
	r := b.rows
	if r.size += int64(len(b.row) + len(key) + rowBytes); r.size > b.limit {
		return ErrTooLarge
	}
	row := int32(len(r.values))
	first := row
	if last, ok := r.last[key]; ok {
		first, r.next[last] = r.next[last], row
		if r.duplicate == nil {
			r.duplicate = &Duplicate{First: int(b.places[last]), Second: place}
		}
	}
	r.last[key] = row
	r.next = append(r.next, first)
	r.values = append(r.values, b.keep(b.row))
	b.places = append(b.places, int32(place))
	return nil
}

// keep returns a copy of a value, in a block that many values share.
func (b *Builder) keep(value []byte) []byte {
	if len(value) > len(b.block) {
		b.grown = min(max(2*b.grown, firstBlock), largestBlock)
		b.block = make([]byte, max(b.grown, len(value)))
	}
	n := copy(b.block, value)
	kept := b.block[:n:n]
	b.block = b.block[n:]
	return kept
}

// Rows returns the rows. Nothing can be added after that.
func (b *Builder) Rows() *Rows {
	b.places = nil
	return b.rows
}
