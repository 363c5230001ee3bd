// Package secret has a text that does not show itself.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Text is a password, a token or whatever else no output may show. Formatting, logging and encoding give a placeholder, or
// nothing if the Text is empty. string(t) is the text itself.
type Text string

const redacted = "[redacted]"

// String returns the placeholder.
func (t Text) String() string {
	if t == "" {
		return ""
	}
	return redacted
}

// Format writes the placeholder for every verb but %p. Without it fmt would show the text for verbs of other types, as %d.
func (t Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// MarshalText returns the placeholder.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// LogValue returns the placeholder.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }
