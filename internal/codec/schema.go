package codec

import (
	"errors"
	"fmt"
	"sync"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
)

// Format is a format of values that have a schema.
type Format int

// The formats.
const (
	Avro Format = iota
	Protobuf
	JSONSchema
)

// types are the formats as the registry names them.
var types = map[Format]registry.Type{Avro: registry.Avro, Protobuf: registry.Protobuf, JSONSchema: registry.JSON}

func (f Format) String() string { return [...]string{"Avro", "Protobuf", "JSON Schema"}[f] }

// Schema is a compiled schema of values. It is safe for concurrent use.
type Schema struct {
	// Avro is set for Avro, and Protobuf for Protobuf.
	Avro     *avro.Schema
	Protobuf *protobuf.Schema

	options  format.Options
	avro     *avro.Decoder
	message  *Message // of each value; nil if the values say which they are of
	messages sync.Map // by message index or name, as bytes: *Message
}

// Message is a message type of a Protobuf schema.
type Message struct {
	*protobuf.Message

	decoder *protobuf.Decoder
}

// compile compiles a schema of the registry.
func compile(f Format, s *registry.Schema, options format.Options) (*Schema, error) {
	if s.Type != types[f] {
		return nil, fmt.Errorf("the schema is of type %s, and not %s; set the format to what the records are", s.Type, types[f])
	}
	switch f {
	case Avro:
		var references []avro.Reference
		for _, r := range s.Dependencies() {
			references = append(references, avro.Reference{Name: r.Name, Text: r.Schema.Text})
		}
		return compileAvro(s.Text, references, options)
	case Protobuf:
		const main = "main.proto"
		files := map[string]string{main: s.Text}
		for _, r := range s.Dependencies() {
			files[r.Name] = r.Schema.Text
		}
		return compileProtobuf(files, main, options)
	default:
		return &Schema{options: options}, nil
	}
}

func compileAvro(text string, references []avro.Reference, options format.Options) (*Schema, error) {
	s, err := avro.Parse(text, references...)
	if err != nil {
		return nil, err
	}
	return &Schema{options: options, Avro: s, avro: s.Decoder(options)}, nil
}

func compileProtobuf(files map[string]string, main string, options format.Options) (*Schema, error) {
	s, err := protobuf.Parse(files, main)
	if err != nil {
		return nil, err
	}
	return &Schema{options: options, Protobuf: s}, nil
}

// messageOf returns the message type of a value, and what follows its index or name.
func (s *Schema) messageOf(found schemaid.Found) (m *Message, body []byte, err error) {
	if s.message != nil && found.ID == (schemaid.ID{}) {
		return s.message, found.Body, nil
	}
	data, body := found.Body, found.Body
	if len(found.Index) > 0 {
		data = found.Index
	}
	var at [8]int
	index, rest, err := protobuf.ParseIndex(at[:0], data)
	if err == nil && found.Place != schemaid.InApicurioHeader {
		m, err = s.known(data[:len(data)-len(rest)], func() (*protobuf.Message, error) { return s.Protobuf.MessageAt(index) })
		if len(found.Index) == 0 {
			body = rest
		}
		if err == nil {
			return m, body, nil
		}
	}
	// Apicurio's serializers write the name of the message in its place.
	name, rest, isRef := protobuf.ParseRef(found.Body)
	if isRef != nil {
		return nil, nil, errors.Join(err, isRef)
	}
	m, refErr := s.known(append([]byte{0xff}, name...), func() (*protobuf.Message, error) { return s.Protobuf.Message(string(name)) })
	if refErr != nil {
		if err != nil {
			return nil, nil, err
		}
		return nil, nil, refErr
	}
	return m, rest, nil
}

// known returns the message of a key. find finds it the first time.
func (s *Schema) known(key []byte, find func() (*protobuf.Message, error)) (*Message, error) {
	if m, ok := s.messages.Load(string(key)); ok {
		return m.(*Message), nil
	}
	found, err := find()
	if err != nil {
		return nil, err
	}
	m := &Message{Message: found, decoder: found.Decoder(s.options)}
	s.messages.Store(string(key), m)
	return m, nil
}
