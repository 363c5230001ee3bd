package sqllookup

import (
	"fmt"
	"strconv"

	"github.com/loaderline/loaderline/internal/lookupkey"
)

// reader reads the keys and the values of rows, one after another.
type reader struct {
	types  lookupkey.Types
	layout *layout

	key     []byte   // of the last row
	parts   [][]byte // its columns as JSON
	scratch []byte

	keepCells bool
	cells     []byte // its columns as the row has them, with NUL after each, where keepCells
}

func newReader(types lookupkey.Types, lay *layout) reader {
	return reader{types: types, layout: lay, parts: make([][]byte, len(lay.keys))}
}

// read finds a row's key. Its error is that of an unusable one.
func (d *reader) read(r row) error {
	d.scratch, d.key, d.cells = d.scratch[:0], d.key[:0], d.cells[:0]
	if d.keepCells {
		clear(d.parts)
	}
	for i, column := range d.layout.keys {
		from := len(d.scratch)
		var err error
		if d.scratch, err = r.appendCell(d.scratch, column); err != nil {
			return err
		}
		if d.keepCells {
			d.cells = append(append(d.cells, d.scratch[from:]...), 0)
		}
		d.parts[i] = asKey(d.types[i], d.scratch[from:])
	}
	var err error
	d.key, err = d.types.AppendCanonical(d.key, d.parts...)
	return err
}

// asKey is a cell as an event may have a key of a type: 0 and 1 as booleans.
func asKey(t lookupkey.Type, cell []byte) []byte {
	if t == lookupkey.Boolean && len(cell) == 1 && (cell[0] == '0' || cell[0] == '1') {
		return strconv.AppendBool(nil, cell[0] == '1')
	}
	return cell
}

// appendObject appends a row as an object, or a part of it and an error.
func (d *reader) appendObject(dst []byte, r row) ([]byte, error) {
	open := byte('{')
	for i, label := range d.layout.labels {
		if label == "" {
			continue
		}
		dst = append(dst, open)
		open = ','
		dst = append(dst, label...)
		var err error
		if dst, err = r.appendCell(dst, i); err != nil {
			return dst, &databaseError{message: fmt.Sprintf("column %q: %v", d.layout.names[i], err), err: err}
		}
	}
	if open == '{' {
		dst = append(dst, open)
	}
	return append(dst, '}'), nil
}
