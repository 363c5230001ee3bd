package jsonenrich

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
)

// readVersions reads a list of rows with the members that say when each is valid. ends reports whether any row says when it ends, if only
// by null.
func readVersions(json []byte) (rows []versionRow, ends bool, err error) {
	d := jsontext.NewDecoder(bytes.NewReader(json), jsontext.AllowDuplicateNames(true))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '[' {
		return nil, false, errors.New("the answer is not a list of versions")
	}
	for d.PeekKind() != ']' {
		r := rowReader{decoder: d}
		row, err := r.read()
		if err != nil {
			return nil, false, fmt.Errorf("row %d: %w", len(rows)+1, err)
		}
		ends = ends || r.ends
		rows = append(rows, row)
	}
	return rows, ends, nil
}

// rowReader reads one row.
type rowReader struct {
	decoder *jsontext.Decoder
	row     versionRow
	begins  bool // the row says when it begins
	ends    bool // and when it ends
}

func (r *rowReader) read() (versionRow, error) {
	if t, err := r.decoder.ReadToken(); err != nil || t.Kind() != '{' {
		return r.row, errors.New("it is not an object")
	}
	for r.decoder.PeekKind() != '}' {
		name, err := r.decoder.ReadValue()
		if err != nil {
			return r.row, err
		}
		name = name.Clone()
		value, err := r.decoder.ReadValue()
		if err != nil {
			return r.row, err
		}
		if is, err := r.bound(string(name), value); err != nil {
			return r.row, err
		} else if is {
			continue
		}
		r.row.json = append(r.row.json, separator(len(r.row.json), '{')...)
		r.row.json = append(append(append(r.row.json, name...), ':'), value...)
	}
	if len(r.row.json) == 0 {
		r.row.json = append(r.row.json, '{')
	}
	r.row.json = append(r.row.json, '}')
	if _, err := r.decoder.ReadToken(); err != nil {
		return r.row, err
	}
	if !r.begins {
		return r.row, fmt.Errorf("it has no %s, which says from when on it is valid", lookupext.FromMember)
	}
	if !r.row.from.IsZero() && !r.row.to.IsZero() && r.row.to.Before(r.row.from) {
		return r.row, fmt.Errorf("%s %s is after %s %s", lookupext.FromMember, r.row.from.UTC().Format(time.RFC3339Nano), lookupext.ToMember, r.row.to.UTC().Format(time.RFC3339Nano))
	}
	return r.row, nil
}

// bound takes a member that says when the row is valid. It reports whether it is one.
func (r *rowReader) bound(name string, value []byte) (is bool, err error) {
	switch name {
	case `"` + lookupext.FromMember + `"`:
		r.begins = true
		r.row.from, err = parseBound(value)
	case `"` + lookupext.ToMember + `"`:
		r.ends = true
		r.row.to, err = parseBound(value)
	case `"` + lookupext.ValidMember + `"`:
		r.begins, r.ends = true, true
		r.row.from, r.row.to, err = parseRange(value)
	default:
		return false, nil
	}
	if err != nil {
		return true, fmt.Errorf("%s: %w", strings.Trim(name, `"`), err)
	}
	return true, nil
}

// parseBound reads a time at which a version begins or ends. null and infinity are open.
func parseBound(raw []byte) (time.Time, error) {
	switch string(raw) {
	case "null", `"infinity"`, `"-infinity"`:
		return time.Time{}, nil
	}
	return parseMoment(raw)
}

// parseRange reads a tstzrange of PostgreSQL as text. An empty range is never valid.
func parseRange(raw []byte) (from, to time.Time, err error) {
	text, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return from, to, fmt.Errorf("%s is no range of times", lookupkey.Excerpt(raw))
	}
	if string(text) == "empty" {
		return time.Unix(0, 0), time.Unix(0, 0), nil
	}
	inner := string(text)
	lower, upper, found := strings.Cut(strings.Trim(inner, "[]()"), ",")
	if !found || len(inner) < len("[,]") || !strings.ContainsAny(inner[:1], "[(") {
		return from, to, fmt.Errorf("%s is no range of times", lookupkey.Excerpt(raw))
	}
	if from, err = parseRangeBound(lower); err != nil {
		return from, to, err
	}
	if to, err = parseRangeBound(upper); err != nil {
		return from, to, err
	}
	if inner[0] == '(' && !from.IsZero() {
		from = from.Add(1)
	}
	if inner[len(inner)-1] == ']' && !to.IsZero() {
		to = to.Add(1)
	}
	return from, to, nil
}

func parseRangeBound(text string) (time.Time, error) {
	switch text = strings.Trim(text, `"`); text {
	case "", "infinity", "-infinity":
		return time.Time{}, nil
	}
	return parseMomentText(text)
}
