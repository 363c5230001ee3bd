package protobuf

import (
	"bytes"
	"encoding/base64"
	"math"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loaderline/loaderline/internal/format"
)

// integer writes n in the form of a field. It returns what is wrong with n.
func (e *encoding) integer(f *field, n format.Integer) (problem string) {
	var bits uint64
	var fits bool
	switch f.kind {
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		bits, fits = n.Magnitude, n.Unsigned(math.MaxUint32)
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		bits, fits = n.Magnitude, n.Unsigned(math.MaxUint64)
	case protoreflect.Int32Kind, protoreflect.Sfixed32Kind, protoreflect.Sint32Kind:
		bits, fits = n.Signed(math.MaxInt32)
	default:
		bits, fits = n.Signed(math.MaxInt64)
	}
	if !fits {
		return "is not within the range of " + f.kind.String()
	}
	if f.kind == protoreflect.Sint32Kind || f.kind == protoreflect.Sint64Kind {
		bits = protowire.EncodeZigZag(int64(bits))
	}
	switch f.wire {
	case protowire.Fixed32Type:
		e.dst = protowire.AppendFixed32(e.dst, uint32(bits))
	case protowire.Fixed64Type:
		e.dst = protowire.AppendFixed64(e.dst, bits)
	default:
		e.dst = protowire.AppendVarint(e.dst, bits)
	}
	return ""
}

func (e *encoding) boolean() (zero bool, err *format.Error) {
	switch e.in.Kind() {
	case 't':
		e.dst = append(e.dst, 1)
		return false, e.in.Literal()
	case 'f':
		e.dst = append(e.dst, 0)
		return true, e.in.Literal()
	default:
		return false, e.in.Want("a boolean")
	}
}

func (e *encoding) enum(values *enum) (zero bool, err *format.Error) {
	at := e.start()
	var number int32
	switch e.in.Kind() {
	case 'n': // The callers leave it only to google.protobuf.NullValue.
		err = e.in.Literal()
	case '"':
		var name []byte
		if name, err = e.str("the name of an enum's value"); err != nil {
			return false, err
		}
		var ok bool
		if number, ok = values.names[string(name)]; !ok {
			return false, bad(at, "is no value of the enum, which has "+values.list(), name)
		}
	case '0':
		var text []byte
		if text, err = e.in.Number(); err != nil {
			return false, err
		}
		n, problem := format.ParseInteger(text)
		bits, fits := n.Signed(math.MaxInt32)
		if problem != "" || !fits {
			return false, bad(at, "is no number of an enum's value", text)
		}
		number = int32(bits)
	default:
		return false, e.in.Want("the name or the number of an enum's value")
	}
	e.dst = protowire.AppendVarint(e.dst, uint64(int64(number)))
	return number == 0, err
}

func (e *encoding) float(size int) (zero bool, err *format.Error) {
	at := e.start()
	text, err := e.numeral("a number")
	if err != nil {
		return false, err
	}
	value, problem := floatOf(text, size)
	if problem != "" {
		return false, bad(at, problem, text)
	}
	if size == 32 {
		bits := math.Float32bits(float32(value))
		e.dst = protowire.AppendFixed32(e.dst, bits)
		return bits == 0, nil
	}
	bits := math.Float64bits(value)
	e.dst = protowire.AppendFixed64(e.dst, bits)
	return bits == 0, nil
}

func floatOf(text []byte, size int) (value float64, problem string) {
	switch string(text) {
	case "NaN":
		return math.NaN(), ""
	case "Infinity":
		return math.Inf(1), ""
	case "-Infinity":
		return math.Inf(-1), ""
	}
	if !format.IsNumber(text) {
		return 0, "is no number"
	}
	value, err := strconv.ParseFloat(string(text), size)
	if err != nil {
		return 0, "is not within the range of a floating-point number of " + strconv.Itoa(size) + " bits"
	}
	return value, ""
}

// bytes writes a length and the bytes that a string holds in base64: with the alphabet of URLs too, and without padding too.
func (e *encoding) bytes() (zero bool, err *format.Error) {
	from := e.begin()
	if err := e.base64(); err != nil {
		return false, err
	}
	zero = len(e.dst) == from
	e.end(from)
	return zero, nil
}

func (e *encoding) base64() *format.Error {
	at := e.start()
	text, err := e.str("a string of base64")
	if err != nil {
		return err
	}
	coding := base64.StdEncoding
	if bytes.ContainsAny(text, "-_") {
		coding = base64.URLEncoding
	}
	if len(text)%4 != 0 {
		coding = coding.WithPadding(base64.NoPadding)
	}
	dst, failed := coding.AppendDecode(e.dst, text)
	if failed != nil {
		return bad(at, "is no base64", text)
	}
	e.dst = dst
	return nil
}

// list names values of the enum for errors, the first ones by their names.
func (e *enum) list() string {
	const shown = 10
	names := make([]string, 0, len(e.names))
	for _, quoted := range e.near {
		if quoted != nil && len(names) < shown {
			names = append(names, string(quoted[1:len(quoted)-1]))
		}
	}
	if len(names) < len(e.names) {
		names = append(names, "others")
	}
	return strings.Join(names, ", ")
}
