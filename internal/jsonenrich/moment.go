package jsonenrich

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/lookupkey"
)

// Moment is where the time of an event is.
type Moment struct {
	name string
	ref  Ref
}

// AddMoment adds the time of an event for stages with versions: a path in the event or its record, or an expression over these.
func (d *Decoder) AddMoment(part KeyPart) Moment {
	if part.Expr != nil {
		return Moment{name: part.Name, ref: Ref{extra: true, number: int32(d.compute(part))}}
	}
	return Moment{name: part.Name, ref: d.AddField(part.Path)}
}

// Of returns the time of an event. An event without one has an error.
func (m Moment) Of(d Document) (time.Time, error) {
	raw, err := d.field(m.ref)
	if err == nil && (raw == nil || string(raw) == "null") {
		err = errors.New("the event has no time; leave it out by when, or write a time")
	}
	var at time.Time
	if err == nil {
		at, err = parseMoment(raw)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("at: %s: %w", m.name, err)
	}
	return at, nil
}

// parseMoment reads a time from JSON.
func parseMoment(raw []byte) (time.Time, error) {
	if raw[0] != '"' {
		return time.Time{}, fmt.Errorf("%s is no time; write a text in RFC 3339, as 2006-01-02T15:04:05Z", lookupkey.Excerpt(raw))
	}
	var spare [40]byte
	text, err := jsontext.AppendUnquote(spare[:0], raw)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s is no text", lookupkey.Excerpt(raw))
	}
	return parseMomentText(string(text))
}

func parseMomentText(text string) (time.Time, error) {
	at, err := lookupkey.ParseMoment(text)
	if err == nil {
		return at, nil
	}
	raw := lookupkey.AppendString(nil, text)
	for _, zoneless := range []lookupkey.Type{lookupkey.Timestamp, lookupkey.Date} {
		if _, err := zoneless.Canonical(raw); err == nil {
			return time.Time{}, fmt.Errorf("%q has no time zone; write it in RFC 3339, as 2006-01-02T15:04:05Z", text)
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time in RFC 3339, as 2006-01-02T15:04:05Z", lookupkey.Excerpt([]byte(text)))
}
