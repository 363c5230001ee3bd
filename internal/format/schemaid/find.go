package schemaid

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Part is the part of a record whose schema is looked for.
type Part uint8

const (
	// Value is the value of a record.
	Value Part = iota
	// Key is its key.
	Key
)

// Prefix is what a value begins with if no header names its schema.
type Prefix uint8

const (
	// Confluent is 00 and an ID of 4 bytes.
	Confluent Prefix = iota
	// Apicurio8Byte is 00 and a content ID of 8 bytes.
	Apicurio8Byte
	// Apicurio8ByteGlobal is 00 and a global ID of 8 bytes, as serializers of Apicurio before 3.0 write it unless told otherwise.
	Apicurio8ByteGlobal
)

// Place is where an ID was found.
type Place uint8

const (
	// InPrefix is the beginning of the value.
	InPrefix Place = iota
	// InHeader is Confluent's header.
	InHeader
	// InApicurioHeader is one of Apicurio's headers.
	InApicurioHeader
)

// Found is what Find returns.
type Found struct {
	ID    ID
	Place Place
	// Body is what follows the prefix, or the whole value if a header has the ID. It shares the value's memory. The message index
	// of Protobuf is at its beginning unless Index has it.
	Body []byte
	// Index is what follows the ID in Confluent's header: the message index of Protobuf, or nothing.
	Index []byte
}

// The sizes of prefixes and headers.
const (
	magicNumber = 0x00 // before a number
	magicGUID   = 0x01 // before a GUID
	shortPrefix = 1 + 4
	longPrefix  = 1 + 8
	guidHeader  = 1 + 16
)

// headers are the names of the headers of one part.
type headers struct{ confluent, contentID, globalID, encoding string }

var headersOf = [...]headers{
	Value: {"__value_schema_id", "apicurio.value.contentId", "apicurio.value.globalId", "apicurio.value.encoding"},
	Key:   {"__key_schema_id", "apicurio.key.contentId", "apicurio.key.globalId", "apicurio.key.encoding"},
}

// HeaderName returns the name of Confluent's header.
func HeaderName(part Part) string { return headersOf[part].confluent }

// IsHeader reports whether a header says something about how a part was written. The record that is made of another record must
// not have it: it would be read instead of the record's own ID.
func IsHeader(part Part, name string) bool {
	h := &headersOf[part]
	switch name {
	case h.confluent, h.contentID, h.globalID, h.encoding:
		return true
	case "apicurio.value.protobuf.type", "apicurio.protobuf.type", "apicurio.value.groupId", "apicurio.value.artifactId", "apicurio.value.version":
		return part == Value
	case "apicurio.key.protobuf.type", "apicurio.key.groupId", "apicurio.key.artifactId", "apicurio.key.version":
		return part == Key
	}
	return false
}

// Find returns the ID of the schema of data, the value or the key of a record. Header returns the last header of a name, or nil.
func Find(part Part, prefix Prefix, data []byte, header func(name string) []byte) (Found, error) {
	names := &headersOf[part]
	if h := header(names.confluent); h != nil {
		return inHeader(names.confluent, h, data)
	}
	for _, c := range [...]struct {
		name string
		of   func(uint64) ID
	}{{names.contentID, OfNumber}, {names.globalID, OfGlobal}} {
		h := header(c.name)
		if h == nil {
			continue
		}
		if len(h) != 8 {
			return Found{}, fmt.Errorf("the header %s has %d bytes, not the 8 of an ID", c.name, len(h))
		}
		if encoding := header(names.encoding); len(encoding) > 0 && string(encoding) != "BINARY" {
			return Found{}, fmt.Errorf("the header %s is %.20q; set apicurio.registry.avro.encoding to BINARY in the program that writes the records", names.encoding, encoding)
		}
		return Found{ID: c.of(binary.BigEndian.Uint64(h)), Place: InApicurioHeader, Body: data}, nil
	}
	return inPrefix(prefix, data)
}

// inHeader reads Confluent's header.
func inHeader(name string, h, data []byte) (Found, error) {
	f := Found{Place: InHeader, Body: data}
	switch {
	case len(h) >= guidHeader && h[0] == magicGUID:
		f.ID, f.Index = OfGUID([16]byte(h[1:guidHeader])), h[guidHeader:]
	case len(h) >= shortPrefix && h[0] == magicNumber:
		f.ID, f.Index = OfNumber(uint64(binary.BigEndian.Uint32(h[1:]))), h[shortPrefix:]
	default:
		return Found{}, fmt.Errorf("the header %s has %d bytes and begins with % x; it is 01 and a GUID of 16 bytes, or 00 and an ID of 4 bytes", name, len(h), h[:min(len(h), 4)])
	}
	return f, nil
}

// errEmpty is the error of a value without bytes. A tombstone, which has no value, is not asked about.
var errEmpty = errors.New("it is empty, so it has no schema ID")

// inPrefix reads the beginning of the value.
func inPrefix(prefix Prefix, data []byte) (Found, error) {
	size := shortPrefix
	if prefix != Confluent {
		size = longPrefix
	}
	switch {
	case len(data) == 0:
		return Found{}, errEmpty
	case data[0] != magicNumber:
		return Found{}, unknownPrefix(data)
	case len(data) < size:
		return Found{}, fmt.Errorf("it ends within its schema ID: it has %d bytes, and the ID takes %d", len(data), size)
	}
	f := Found{Body: data[size:]}
	switch prefix {
	case Confluent:
		f.ID = OfNumber(uint64(binary.BigEndian.Uint32(data[1:])))
	case Apicurio8Byte:
		f.ID = OfNumber(binary.BigEndian.Uint64(data[1:]))
	case Apicurio8ByteGlobal:
		f.ID = OfGlobal(binary.BigEndian.Uint64(data[1:]))
	}
	return f, nil
}
