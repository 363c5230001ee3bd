package jsondoc

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// plain reads documents as nearly all are: names without escapes, objects of few members, no deep nesting. It gives up
// with errNotPlain at everything else, at what is no JSON too, and leaves the document to the library: what it accepts
// the library accepts, and reads alike.
type plain struct {
	doc    []byte
	at     int
	levels []level // of the objects and arrays that are open
	names  []span  // of the members of the objects that are open
	ready  bool    // a value comes next: at the start, behind a name, and behind a comma that was passed
	wide   bool    // a string has a byte that is not ASCII
}

type level struct {
	closing byte
	began   bool // it has a member or an element
	names   int  // where its names begin
}

type span struct{ from, to int32 }

const (
	plainLevels = 32
	plainNames  = 32
)

var errNotPlain = errors.New("not plain")

func (p *plain) reset(doc []byte) {
	*p = plain{doc: doc, levels: p.levels[:0], names: p.names[:0], ready: true}
}

// peek skips whitespace and a due comma, and returns the first byte of the next value or the closing bracket. It returns 0
// on a syntax error.
func (p *plain) peek() byte {
	c := p.next()
	if p.ready || len(p.levels) == 0 {
		return c
	}
	top := &p.levels[len(p.levels)-1]
	if c == top.closing {
		return c
	}
	if top.began {
		if c != ',' {
			return 0
		}
		p.at++
		c = p.next()
	}
	top.began, p.ready = true, true
	return c
}

// next passes white space and is the byte behind it, or 0 at the end.
func (p *plain) next() byte {
	for ; p.at < len(p.doc); p.at++ {
		switch c := p.doc[p.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (p *plain) kind() jsontext.Kind {
	switch c := p.peek(); c {
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return '0'
	case '{', '}', '[', ']', '"', 'n', 't', 'f':
		return jsontext.Kind(c)
	default:
		return jsontext.KindInvalid
	}
}

func (p *plain) offset() int { return p.at }

func (p *plain) open() error {
	c := p.peek()
	if !p.ready || len(p.levels) == plainLevels || c != '{' && c != '[' {
		return errNotPlain
	}
	p.at++
	p.ready = false
	p.levels = append(p.levels, level{closing: c + 2, names: len(p.names)}) // '{'+2 is '}', and '['+2 is ']'.
	return nil
}

func (p *plain) close() error {
	c := p.peek()
	if p.ready || len(p.levels) == 0 {
		return errNotPlain
	}
	last := len(p.levels) - 1
	if c != p.levels[last].closing {
		return errNotPlain
	}
	p.at++
	p.names, p.levels = p.names[:p.levels[last].names], p.levels[:last]
	return nil
}

func (p *plain) end() error {
	if p.next() != 0 || p.at < len(p.doc) || len(p.levels) > 0 || p.wide && !utf8.Valid(p.doc) {
		return errNotPlain
	}
	return nil
}

// name returns the name of the next member, as it is in the document. It differs from the names before it.
func (p *plain) name() ([]byte, error) {
	if p.peek() != '"' || !p.ready {
		return nil, errNotPlain
	}
	from := p.at
	escaped, ok := p.str()
	if !ok || escaped {
		return nil, errNotPlain
	}
	name := p.doc[from:p.at]
	others := p.names[p.levels[len(p.levels)-1].names:]
	if len(others) == plainNames {
		return nil, errNotPlain
	}
	for _, o := range others {
		if int(o.to-o.from) == len(name) && bytes.Equal(p.doc[o.from:o.to], name) {
			return nil, errNotPlain
		}
	}
	p.names = append(p.names, span{int32(from), int32(p.at)})
	if p.next() != ':' {
		return nil, errNotPlain
	}
	p.at++
	return name, nil
}

// value passes the next value. It begins at from.
func (p *plain) value() (from int, err error) {
	c := p.peek()
	if !p.ready {
		return 0, errNotPlain
	}
	from = p.at
	var ok bool
	switch c {
	case '{', '[':
		return from, p.inner(c)
	case '"':
		_, ok = p.str()
	case 't':
		ok = p.literal("true")
	case 'f':
		ok = p.literal("false")
	case 'n':
		ok = p.literal("null")
	default:
		ok = p.number()
	}
	p.ready = false
	if !ok {
		return 0, errNotPlain
	}
	return from, nil
}

// inner passes an object or an array.
func (p *plain) inner(c byte) error {
	if err := p.open(); err != nil {
		return err
	}
	for closing := c + 2; ; {
		switch p.peek() {
		case closing:
			return p.close()
		case 0:
			return errNotPlain
		}
		if c == '{' {
			if _, err := p.name(); err != nil {
				return err
			}
		}
		if _, err := p.value(); err != nil {
			return err
		}
	}
}
