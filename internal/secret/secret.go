// Package secret holds values that do not show themselves.
package secret

import "log/slog"

const redacted = "[redacted]"

// Text is a password or token that does not show itself: formatting, logging and
// marshalling give a placeholder. string(s) is the only way to its value.
type Text string

// String returns a placeholder.
func (Text) String() string { return redacted }

// GoString returns a placeholder.
func (Text) GoString() string { return redacted }

// MarshalText returns a placeholder, in JSON and YAML alike.
func (Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns a placeholder.
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }
