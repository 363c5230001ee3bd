package avro

import (
	"fmt"
	"strings"
	"time"
)

// misfit is why a scalar is no value of a type.
type misfit uint8

const (
	fits misfit = iota
	otherKind
	outOfRange
	noInteger
	notExact
	tooManyPlaces
	tooManyDigits
	noSymbol
	noUUID
	noTime
	tooFine
	noDuration
	noBase64
	otherSize
)

// reason says why, without the value.
func (m misfit) reason(n *node) string {
	switch m {
	case outOfRange:
		return "the value is out of the range of " + n.String()
	case noInteger:
		return fmt.Sprintf("the number is no integer, and the schema wants %s", n)
	case notExact:
		return fmt.Sprintf("%s does not hold the number exactly", n)
	case tooManyPlaces:
		return fmt.Sprintf("the number has more decimal places than %s: round it before", n)
	case tooManyDigits:
		return fmt.Sprintf("the number has more digits than %s", n)
	case noSymbol:
		return fmt.Sprintf("the enum %s has no such symbol. It has %s", n.name, n.someSymbols())
	case noUUID:
		return "the string is no UUID"
	case noTime:
		return fmt.Sprintf("the string is no %s: the schema wants text such as %s", n, n.timeExample())
	case tooFine:
		return fmt.Sprintf("the fraction of the second has more digits than %s: round it before", n)
	case noDuration:
		return "the string is no duration: the schema wants text such as P1M2DT3.004S"
	case noBase64:
		return fmt.Sprintf("the string is not base64, and the schema wants %s", n)
	case otherSize:
		return fmt.Sprintf("the base64 string does not have the %d bytes of %s", n.size, n)
	default:
		return "the schema wants " + n.String()
	}
}

// someSymbols lists symbols for an error: an enum can have thousands.
func (n *node) someSymbols() string {
	const most = 20
	if len(n.symbols) <= most {
		return strings.Join(n.symbols, ", ")
	}
	return fmt.Sprintf("%s and %d others", strings.Join(n.symbols[:most], ", "), len(n.symbols)-most)
}

func (n *node) timeExample() string {
	switch n.logical {
	case logicalDate:
		return time.DateOnly
	case logicalTime:
		return time.TimeOnly
	case logicalLocalTimestamp:
		return "2006-01-02T15:04:05"
	default:
		return "2006-01-02T15:04:05Z"
	}
}
