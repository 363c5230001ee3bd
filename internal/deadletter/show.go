package deadletter

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/topicread"
)

// line is a dead letter as a line of JSON: a record as consume has it, and its state.
type line struct {
	topicread.Line

	State State  `json:"state"`
	At    string `json:"state_at,omitempty"`
	By    string `json:"state_by,omitempty"`
}

// WriteJSON writes a dead letter as a line of JSON.
func (l Letter) WriteJSON(to io.Writer) error {
	e := console.NewEncoder(to)
	full := line{Line: topicread.NewLine(l.Record, l.Decoded), State: l.State, By: l.Entry.By}
	if l.State != Open {
		full.At = moment(l.Entry.At)
	}
	if err := e.Encode(full); err != nil {
		return fmt.Errorf("write dead letter %s as JSON: %w", l.Coordinates, err)
	}
	return nil
}

// WriteText writes a dead letter for people. What could steer a terminal is written as its code.
func (l Letter) WriteText(to io.Writer, p console.Palette) error {
	var b strings.Builder
	field := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%s %s\n", p.Faint(fmt.Sprintf("%-10s", name)), console.Visible(fmt.Sprintf(format, args...)))
	}
	fmt.Fprintf(&b, "%s  %s\n", p.Bold(l.String()), p.Notable(string(l.State)))
	field("why", "%s", l.why())
	field("message", "%s", l.Message)
	tried := plural.Count(l.Attempts, "attempt")
	if l.Attempts > 1 {
		tried += " from " + l.FirstAt + " to " + l.LastAt
	}
	field("dead since", "%s, after %s", moment(l.Record.Timestamp), tried)
	field("source", "%s", l.Source)
	if l.Origin.Topic != "" {
		field("origin", "%s, redriven %s", l.Origin, plural.Count(l.Redrives, "time"))
	}
	field("pipeline", "%s, loaderline %s", l.Pipeline, l.Version)
	if l.State != Open {
		field(string(l.State), "%s by %s", moment(l.Entry.At), l.Entry.By)
	}
	field("key", "%s", orNull(l.Decoded.Key.Or(l.Record.Key)))
	for _, h := range l.Record.Headers {
		if !isOwn(h.Key) {
			field("header", "%s: %s", h.Key, orNull(h.Value))
		}
	}
	switch {
	case l.ValueDropped:
		field("value", "left out; redrive takes it from the source, as long as that has it")
	case l.Record.Value == nil:
		field("value", "null")
	default:
		field("value", "%s", sizeOf(l.Record.Value, l.Decoded.Value.Schema))
		b.WriteString(console.Visible(pretty(l.Decoded.Value.Or(l.Record.Value))) + "\n")
	}
	_, err := io.WriteString(to, b.String())
	return err
}

func (l Letter) why() string {
	text := l.Kind
	if l.Stage != "" {
		text += " in stage " + l.Stage
	}
	if l.Code != "" {
		text += " (" + l.Code + ")"
	}
	return text
}

// String is a place in words.
func (p Place) String() string {
	return fmt.Sprintf("%s %s of %s", p.Topic, p.Coordinates, moment(p.Time))
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// sizeOf says how long a value is, and by which schema it was written.
func sizeOf(value []byte, id schemaid.ID) string {
	text := plural.Count(len(value), "byte")
	if id != (schemaid.ID{}) {
		text += ", " + id.String()
	}
	return text
}

func orNull(text []byte) string {
	if text == nil {
		return "null"
	}
	return string(text)
}

// pretty indents JSON, and leaves what is none as it is.
func pretty(value []byte) string {
	indented := jsontext.Value(bytes.Clone(value))
	if err := indented.Indent(jsontext.WithIndent("  ")); err != nil {
		return string(value)
	}
	return string(indented)
}
