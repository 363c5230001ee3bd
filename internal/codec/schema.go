package codec

import (
	"errors"
	"fmt"
	"sync"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/format/jsonschema"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
)

// types are the formats as the registry names them.
var types = map[format.Format]registry.Type{format.Avro: registry.Avro, format.Protobuf: registry.Protobuf, format.JSONSchema: registry.JSON}

// formatOf returns the format of a schema of the registry.
func formatOf(s *registry.Schema) (format.Format, error) {
	for f, known := range types {
		if known == s.Type {
			return f, nil
		}
	}
	return 0, fmt.Errorf("the schema is of type %s, which is neither AVRO, PROTOBUF nor JSON", s.Type)
}

// Schema is a compiled schema of values. It is safe for concurrent use.
type Schema struct {
	// Avro is set for Avro, and Protobuf for Protobuf.
	Avro     *avro.Schema
	Protobuf *protobuf.Schema

	options  format.Options
	avro     *avro.Decoder
	message  *Message // of each value; nil if the values say which they are of
	messages sync.Map // by message index or name, as bytes: *Message
	encoder  func() *avro.Encoder
	// valid is for JSON Schema: values of other formats cannot be anything else than what their schema says.
	valid func() (*jsonschema.Schema, error)
}

// Message is a message type of a Protobuf schema.
type Message struct {
	*protobuf.Message

	decoder *protobuf.Decoder
	encoder func() *protobuf.Encoder
}

func newMessage(m *protobuf.Message, options format.Options) *Message {
	return &Message{
		Message: m, decoder: m.Decoder(options),
		encoder: sync.OnceValue(func() *protobuf.Encoder { return m.Encoder(protobuf.EncodeOptions{}) }),
	}
}

// compile compiles a schema of the registry.
func compile(f format.Format, s *registry.Schema, options format.Options) (*Schema, error) {
	if s.Type != types[f] {
		return nil, fmt.Errorf("the schema is of type %s, and not %s; set the format to what the records are", s.Type, types[f])
	}
	switch f {
	case format.Avro:
		var references []avro.Reference
		for _, r := range s.Dependencies() {
			references = append(references, avro.Reference{Name: r.Name, Text: r.Schema.Text})
		}
		return compileAvro(s.Text, references, options)
	case format.Protobuf:
		const main = "main.proto"
		files := s.Texts()
		files[main] = s.Text
		return compileProtobuf(files, main, options)
	default:
		return jsonSchema(s.Text, s.Texts(), options), nil
	}
}

func compileAvro(text string, references []avro.Reference, options format.Options) (*Schema, error) {
	s, err := avro.Parse(text, references...)
	if err != nil {
		return nil, err
	}
	return &Schema{
		options: options, Avro: s, avro: s.Decoder(options),
		encoder: sync.OnceValue(func() *avro.Encoder { return s.Encoder(avro.EncodeOptions{}) }),
	}, nil
}

// jsonSchema compiles its schema when a value is validated. Values that are read are not.
func jsonSchema(text string, references map[string]string, options format.Options) *Schema {
	return &Schema{options: options, valid: sync.OnceValues(func() (*jsonschema.Schema, error) {
		return jsonschema.Compile(text, references)
	})}
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
	m := newMessage(found, s.options)
	s.messages.Store(string(key), m)
	return m, nil
}
