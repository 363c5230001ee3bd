package strictyaml

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// redacted stands for the value of a Secret that is set.
const redacted = "[redacted]"

// Secret is a value that must not be printed, such as a password or a DSN. Printing, logging and marshalling give a
// placeholder, or nothing if the secret is empty. Only Reveal returns the value. The zero Secret is empty.
type Secret struct {
	// The pointer keeps the value out of fmt's reflection, which does not call methods on the values of unexported fields.
	value *string
}

// NewSecret returns a Secret that holds value.
func NewSecret(value string) Secret { return Secret{value: &value} }

// Reveal returns the value itself. Call it only where the value is used.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// String returns the placeholder.
func (s Secret) String() string {
	if s.Reveal() == "" {
		return ""
	}
	return redacted
}

// GoString returns the placeholder for %#v.
func (s Secret) GoString() string { return fmt.Sprintf("%q", s.String()) }

// Format writes the placeholder whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, s.String()) // A fmt.State keeps its own errors.
}

// MarshalJSON returns the placeholder as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalText returns the placeholder, for YAML and other encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue returns the placeholder for log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
