package format

import "strconv"

// Reader reads one JSON text and checks it on the way: RFC 8259, valid UTF-8, at most MaxDepth levels. It copies nothing, and does not
// look for names that an object has twice: its caller has to. Its errors are *Error.
type Reader struct {
	text []byte
	at   int
}

// NewReader makes a reader at the beginning of a text.
func NewReader(text []byte) Reader { return Reader{text: text} }

// Offset is that of the next byte.
func (r *Reader) Offset() int { return r.at }

// Since is the text from an offset up to the next byte.
func (r *Reader) Since(offset int) []byte { return r.text[offset:r.at] }

// Seek goes to an offset that the reader has been at.
func (r *Reader) Seek(offset int) { r.at = offset }

// Kind passes white space and says what the next value is: one of { [ " 0 t f n, where 0 is a number. It is another byte where no value
// comes, and zero at the end.
func (r *Reader) Kind() byte {
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\n', '\r':
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			return '0'
		default:
			return c
		}
	}
	return 0
}

// Fail is an error about what begins at an offset.
func (r *Reader) Fail(offset int, reason string) *Error {
	return &Error{Offset: offset, Reason: reason}
}

func (r *Reader) unexpected(wanted string) *Error {
	if r.at >= len(r.text) {
		return r.Fail(r.at, "the text is not JSON: the text ends where "+wanted+" has to come")
	}
	return r.Fail(r.at, "the text is not JSON: "+wanted+" has to come here")
}

// Enter passes the beginning of an object or array, of which Kind has just been seen.
func (r *Reader) Enter() { r.at++ }

// More says whether another member or element comes, and passes the comma before it. It passes the closing byte where none comes.
func (r *Reader) More(closing byte, first bool) (bool, *Error) {
	c := r.Kind()
	if c == closing {
		r.at++
		return false, nil
	}
	if first {
		return true, nil
	}
	if c != ',' {
		return false, r.unexpected("a comma or " + string(rune(closing)))
	}
	r.at++
	return true, nil
}

// Name passes a member's name and the colon behind it.
func (r *Reader) Name() (String, *Error) {
	if r.Kind() != '"' {
		return String{}, r.unexpected("a name in quotes")
	}
	name, err := r.String()
	if err != nil {
		return String{}, err
	}
	if r.Kind() != ':' {
		return String{}, r.unexpected("a colon")
	}
	r.at++
	return name, nil
}

// Literal passes true, false or null, of which Kind has just been seen.
func (r *Reader) Literal() *Error {
	text := "null"
	switch r.text[r.at] {
	case 't':
		text = "true"
	case 'f':
		text = "false"
	}
	if end := r.at + len(text); end > len(r.text) || string(r.text[r.at:end]) != text {
		return r.unexpected(text)
	}
	r.at += len(text)
	return nil
}

// Number passes a number, of which Kind has just been seen, and returns it as it stands.
func (r *Reader) Number() ([]byte, *Error) {
	from := r.at
	r.take('-', '-')
	if !r.take('0', '0') && !r.digits() {
		return nil, r.unexpected("a digit")
	}
	if r.take('.', '.') && !r.digits() {
		return nil, r.unexpected("a digit")
	}
	if r.take('e', 'E') {
		r.take('+', '-')
		if !r.digits() {
			return nil, r.unexpected("a digit")
		}
	}
	return r.text[from:r.at], nil
}

func (r *Reader) digits() bool {
	from := r.at
	for r.at < len(r.text) && r.text[r.at]-'0' <= 9 {
		r.at++
	}
	return r.at > from
}

func (r *Reader) take(a, b byte) bool {
	if r.at < len(r.text) && (r.text[r.at] == a || r.text[r.at] == b) {
		r.at++
		return true
	}
	return false
}

// Skip passes a value that stands at a depth.
func (r *Reader) Skip(depth int) *Error {
	switch c := r.Kind(); c {
	case '{', '[':
		return r.skipInner(c, depth+1)
	case '"':
		_, err := r.String()
		return err
	case '0':
		_, err := r.Number()
		return err
	case 't', 'f', 'n':
		return r.Literal()
	default:
		return r.unexpected("a value")
	}
}

func (r *Reader) skipInner(opening byte, depth int) *Error {
	if depth > MaxDepth {
		return r.TooDeep()
	}
	r.Enter()
	for first := true; ; first = false {
		more, err := r.More(opening+2, first) // '{'+2 is '}', and '['+2 is ']'.
		if err != nil || !more {
			return err
		}
		if opening == '{' {
			if _, err := r.Name(); err != nil {
				return err
			}
		}
		if err := r.Skip(depth); err != nil {
			return err
		}
	}
}

// TooDeep is the error about a value that stands too deep.
func (r *Reader) TooDeep() *Error {
	return r.Fail(r.at, "is nested more than "+strconv.Itoa(MaxDepth)+" levels deep")
}

// End checks that nothing comes any more.
func (r *Reader) End() *Error {
	if r.Kind() != 0 || r.at < len(r.text) {
		return r.Fail(r.at, "the text is more than one JSON value")
	}
	return nil
}

// Want is the error of a value that is of another kind than the schema's type takes.
func (r *Reader) Want(wanted string) *Error {
	switch c := r.Kind(); c {
	case '{':
		return r.Fail(r.at, "an object, where the schema wants "+wanted)
	case '[':
		return r.Fail(r.at, "an array, where the schema wants "+wanted)
	case '"':
		return r.Fail(r.at, "a string, where the schema wants "+wanted)
	case '0':
		return r.Fail(r.at, "a number, where the schema wants "+wanted)
	case 't', 'f':
		return r.Fail(r.at, "a boolean, where the schema wants "+wanted)
	case 'n':
		return r.Fail(r.at, "null, where the schema wants "+wanted)
	default:
		return r.unexpected(wanted)
	}
}
