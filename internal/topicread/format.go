package topicread

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/console"
)

// Line is a record as a line of JSON. What is not UTF-8 is base64 in another field. A missing key or value is null.
type Line struct {
	Topic       string   `json:"topic"`
	Partition   int32    `json:"partition"`
	Offset      int64    `json:"offset"`
	Timestamp   int64    `json:"timestamp"` // milliseconds since 1970
	Key         *text    `json:"key,omitempty"`
	KeyBase64   *string  `json:"key_base64,omitempty"`
	Value       *text    `json:"value,omitempty"`
	ValueBase64 *string  `json:"value_base64,omitempty"`
	Headers     []Header `json:"headers"`
}

// Header is a header of a Line.
type Header struct {
	Key         string  `json:"key"`
	Value       *text   `json:"value,omitempty"`
	ValueBase64 *string `json:"value_base64,omitempty"`
}

// text is a string, or null.
type text struct{ bytes []byte }

func (t *text) MarshalJSON() ([]byte, error) {
	if t.bytes == nil {
		return []byte("null"), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(string(t.bytes))
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// asText returns data as text, or in base64 if it is not text.
func asText(data []byte) (*text, *string) {
	if utf8.Valid(data) {
		return &text{data}, nil
	}
	encoded := base64.StdEncoding.EncodeToString(data)
	return nil, &encoded
}

// NewLine makes a Line of a record.
func NewLine(r *kgo.Record) Line {
	l := Line{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp.UnixMilli(), Headers: make([]Header, len(r.Headers))}
	l.Key, l.KeyBase64 = asText(r.Key)
	l.Value, l.ValueBase64 = asText(r.Value)
	for i, h := range r.Headers {
		l.Headers[i] = Header{Key: h.Key}
		l.Headers[i].Value, l.Headers[i].ValueBase64 = asText(h.Value)
	}
	return l
}

// Format is a way to write records, one a line.
type Format string

// The formats.
const (
	// FormatValue is the value as it is; a value that is not there is an empty line.
	FormatValue Format = "value"
	// FormatJSON is a Line.
	FormatJSON Format = "json"
)

// Append appends a record in the format, with its line's end.
func (f Format) Append(dst []byte, r *kgo.Record) ([]byte, error) {
	if f == FormatValue {
		return append(append(dst, r.Value...), '\n'), nil
	}
	b := bytes.NewBuffer(dst)
	if err := console.NewEncoder(b).Encode(NewLine(r)); err != nil {
		return dst, fmt.Errorf("write topic %s partition %d offset %d as JSON: %w", r.Topic, r.Partition, r.Offset, err)
	}
	return b.Bytes(), nil
}
