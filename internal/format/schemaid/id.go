package schemaid

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// Kind is how a registry is asked for a schema.
type Kind uint8

const (
	// None is the kind of the zero ID.
	None Kind = iota
	// Number is the ID of Confluent's API. Apicurio calls it the content ID.
	Number
	// GUID is a globally unique ID of Confluent's API.
	GUID
	// Global is the global ID of one version of an artifact, which only Apicurio has.
	Global
)

// ID names a schema in a registry. IDs are comparable. The zero ID names none.
type ID struct {
	kind   Kind
	number uint64
	guid   [16]byte
}

// OfNumber returns the ID of Confluent's API with a number.
func OfNumber(n uint64) ID { return ID{kind: Number, number: n} }

// OfGlobal returns Apicurio's global ID with a number.
func OfGlobal(n uint64) ID { return ID{kind: Global, number: n} }

// OfGUID returns the ID of a GUID.
func OfGUID(guid [16]byte) ID { return ID{kind: GUID, guid: guid} }

// ParseGUID returns the ID of a GUID as text, such as 6ba7b810-9dad-11d1-80b4-00c04fd430c8.
func ParseGUID(text string) (ID, error) {
	id := ID{kind: GUID}
	ok := len(text) == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-'
	if ok {
		digits := text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:]
		n, err := hex.Decode(id.guid[:], []byte(digits))
		ok = err == nil && n == len(id.guid)
	}
	if !ok {
		return ID{}, fmt.Errorf("%q is not a GUID, such as 6ba7b810-9dad-11d1-80b4-00c04fd430c8", text)
	}
	return id, nil
}

// Kind returns the kind of the ID.
func (id ID) Kind() Kind { return id.kind }

// Text returns the number or the GUID as URLs have it.
func (id ID) Text() string {
	if id.kind != GUID {
		return strconv.FormatUint(id.number, 10)
	}
	g := hex.EncodeToString(id.guid[:])
	return g[:8] + "-" + g[8:12] + "-" + g[12:16] + "-" + g[16:20] + "-" + g[20:]
}

// String returns the ID for a person, as "schema ID 7".
func (id ID) String() string {
	switch id.kind {
	case None:
		return "no schema ID"
	case Number:
		return "schema ID " + id.Text()
	case GUID:
		return "schema GUID " + id.Text()
	default:
		return "global ID " + id.Text()
	}
}
