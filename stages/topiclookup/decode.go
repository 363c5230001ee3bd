package topiclookup

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupkey"
)

// decodeText is the default of Config.Decode.
func decodeText(r *kgo.Record) (key [][]byte, row []byte, err error) {
	switch {
	case r.Key == nil:
		return nil, nil, errors.New("it has no key")
	case !utf8.Valid(r.Key):
		return nil, nil, errors.New("its key is not text (UTF-8)")
	}
	return [][]byte{lookupkey.AppendString(make([]byte, 0, len(r.Key)+2), r.Key)}, r.Value, nil
}

// change is what a record does to the table.
type change struct {
	key []byte // canonical
	row []byte // compact; nil: there is none any more
	at  int64  // the record's timestamp, in milliseconds since 1970
}

// decode returns what a record does. It is false for a record that does nothing.
func (t *table) decode(r *kgo.Record) (change, bool, error) {
	parts, row, err := t.cfg.Decode(r)
	if err != nil || parts == nil {
		return change{}, false, err
	}
	c := change{at: r.Timestamp.UnixMilli()}
	if c.key, err = t.types.AppendCanonical(nil, parts...); err != nil {
		return change{}, false, errors.New("its key is not of the table's type: it " + t.mismatch())
	}
	if c.row, err = compact(row); err != nil {
		return change{}, false, err
	}
	if t.cfg.Retain > 0 && c.row != nil {
		if c.row[0] != '{' {
			return change{}, false, errors.New("its value is not an object, as rows are of which versions are kept")
		}
		err = checkMembers(c.row)
	}
	return c, true, err
}

// mismatch says what keys are. The error of a key would quote it.
func (t *table) mismatch() string {
	names := make([]string, len(t.types))
	for i, typ := range t.types {
		names[i] = typ.String()
	}
	return "should be " + strings.Join(names, ", ")
}

// compact is JSON without the white space between its tokens, in memory of its own; nil for nothing and for null.
func compact(row []byte) ([]byte, error) {
	if row == nil {
		return nil, nil
	}
	value, err := jsontext.AppendFormat(make([]byte, 0, len(row)), row, jsontext.PreserveRawStrings(true))
	if err != nil {
		return nil, errors.New("its value " + jsondoc.Brief(err, len(row)))
	}
	if string(value) == "null" {
		return nil, nil
	}
	if len(value) < cap(value)*7/8 {
		value = append(make([]byte, 0, len(value)), value...)
	}
	return value, nil
}
