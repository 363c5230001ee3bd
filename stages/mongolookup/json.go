package mongolookup

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// renderer makes JSON of documents, one after another.
type renderer struct {
	extended bool
	buffer   bytes.Buffer
	encoder  *jsontext.Encoder
}

func newRenderer(extended bool) *renderer {
	r := &renderer{extended: extended}
	r.encoder = jsontext.NewEncoder(&r.buffer)
	return r
}

// render returns a document as compact JSON. Its error is a mongoError.
func (r *renderer) render(document bson.Raw) ([]byte, error) {
	r.buffer.Reset()
	r.encoder.Reset(&r.buffer)
	err := r.object(bsoncore.Document(document))
	switch {
	case err == nil:
		return bytes.Clone(bytes.TrimSuffix(r.buffer.Bytes(), []byte("\n"))), nil
	case errors.Is(err, jsontext.ErrDuplicateName):
		return nil, &mongoError{message: "the document has a member twice", err: err}
	}
	if _, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return nil, &mongoError{message: "a string in the document is not UTF-8", err: err}
	}
	return nil, &mongoError{message: "the document is not BSON", err: err}
}

func (r *renderer) object(document bsoncore.Document) error {
	elements, err := document.Elements()
	if err != nil {
		return err
	}
	if err := r.encoder.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, element := range elements {
		if err := r.encoder.WriteToken(jsontext.String(element.Key())); err != nil {
			return err
		}
		if err := r.value(element.Value()); err != nil {
			return err
		}
	}
	return r.encoder.WriteToken(jsontext.EndObject)
}

func (r *renderer) array(array bsoncore.Document) error {
	elements, err := array.Elements()
	if err != nil {
		return err
	}
	if err := r.encoder.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for _, element := range elements {
		if err := r.value(element.Value()); err != nil {
			return err
		}
	}
	return r.encoder.WriteToken(jsontext.EndArray)
}

// value writes a value whose form is the same in plain and in Extended JSON.
func (r *renderer) value(v bsoncore.Value) error {
	switch v.Type { //nolint:exhaustive // The others differ in the two forms.
	case bsoncore.TypeEmbeddedDocument:
		return r.object(v.Data)
	case bsoncore.TypeArray:
		return r.array(v.Data)
	case bsoncore.TypeString:
		return r.encoder.WriteToken(jsontext.String(v.StringValue()))
	case bsoncore.TypeBoolean:
		return r.encoder.WriteToken(jsontext.Bool(v.Boolean()))
	case bsoncore.TypeNull:
		return r.encoder.WriteToken(jsontext.Null)
	case bsoncore.TypeInt32:
		return r.encoder.WriteToken(jsontext.Int(int64(v.Int32())))
	case bsoncore.TypeInt64:
		return r.encoder.WriteToken(jsontext.Int(v.Int64()))
	}
	if !r.extended {
		if written, err := r.plain(v); written || err != nil {
			return err
		}
	}
	return r.extendedJSON(v)
}

// plain writes a value that has a form without its type. It reports whether there is one.
func (r *renderer) plain(v bsoncore.Value) (written bool, err error) {
	switch v.Type { //nolint:exhaustive // The others have no plain form.
	case bsoncore.TypeDouble:
		return true, r.double(v.Double())
	case bsoncore.TypeDecimal128:
		text := bson.NewDecimal128(v.Decimal128()).String()
		if number := jsontext.Value(text); number.IsValid() {
			return true, r.encoder.WriteValue(number)
		}
		return true, r.text(text) // NaN and the infinities.
	case bsoncore.TypeObjectID:
		id := v.ObjectID()
		return true, r.text(hex.EncodeToString(id[:]))
	case bsoncore.TypeDateTime:
		at := time.UnixMilli(v.DateTime()).UTC()
		if at.Year() < 0 || at.Year() > 9999 {
			return false, nil
		}
		return true, r.text(at.Format(millis))
	case bsoncore.TypeBinary:
		subtype, data := v.Binary()
		if subtype == uuidSubtype && len(data) == uuidBytes {
			return true, r.text(uuidText(data))
		}
		return true, r.text(base64.StdEncoding.EncodeToString(data))
	}
	return false, nil
}

func (r *renderer) text(text string) error { return r.encoder.WriteToken(jsontext.String(text)) }

func (r *renderer) double(f float64) error {
	switch {
	case math.IsNaN(f):
		return r.text("NaN")
	case math.IsInf(f, 1):
		return r.text("Infinity")
	case math.IsInf(f, -1):
		return r.text("-Infinity")
	}
	return r.encoder.WriteToken(jsontext.Float(f))
}

func uuidText(id []byte) string {
	digits := hex.EncodeToString(id)
	return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
}

// extendedJSON writes a value as relaxed Extended JSON.
func (r *renderer) extendedJSON(v bsoncore.Value) error {
	const before, after = `{"v":`, `}`
	value := bson.RawValue{Type: bson.Type(v.Type), Value: v.Data}
	object, err := bson.MarshalExtJSON(bson.D{{Key: "v", Value: value}}, false, false)
	if err != nil {
		return err
	}
	return r.encoder.WriteValue(object[len(before) : len(object)-len(after)])
}
