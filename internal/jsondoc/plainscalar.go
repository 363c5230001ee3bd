package jsondoc

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
)

func (p *plain) literal(text string) bool {
	if len(p.doc)-p.at < len(text) || string(p.doc[p.at:p.at+len(text)]) != text {
		return false
	}
	p.at += len(text)
	return true
}

func (p *plain) digits() bool {
	from := p.at
	for p.at < len(p.doc) && p.doc[p.at]-'0' <= 9 {
		p.at++
	}
	return p.at > from
}

func (p *plain) take(a, b byte) bool {
	if p.at < len(p.doc) && (p.doc[p.at] == a || p.doc[p.at] == b) {
		p.at++
		return true
	}
	return false
}

func (p *plain) number() bool {
	p.take('-', '-')
	if !p.take('0', '0') && !p.digits() {
		return false
	}
	if p.take('.', '.') && !p.digits() {
		return false
	}
	if p.take('e', 'E') {
		p.take('+', '-')
		return p.digits()
	}
	return true
}

// str passes a string. It knows the escapes of one character; those of four digits can be halves of one.
func (p *plain) str() (escaped, ok bool) {
	doc, i := p.doc, p.at+1
	for {
		for i+8 <= len(doc) {
			word := binary.LittleEndian.Uint64(doc[i:])
			p.wide = p.wide || word&tops != 0
			if special := specials(word); special != 0 {
				i += bits.TrailingZeros64(special) / 8
				break
			}
			i += 8
		}
		if i >= len(doc) {
			return escaped, false
		}
		switch c := doc[i]; {
		case c == '"':
			p.at = i + 1
			return escaped, true
		case c == '\\':
			if i+1 >= len(doc) || strings.IndexByte(`"\/bfnrt`, doc[i+1]) < 0 {
				return true, false
			}
			escaped = true
			i += 2
		case c < ' ':
			return escaped, false
		default:
			p.wide = p.wide || c >= utf8.RuneSelf
			i++
		}
	}
}

const (
	each = 0x0101010101010101 // 1 in each byte
	tops = 0x80 * each
)

// specials has the top bit of the first byte that is a quote, a backslash or a control character; what it has above that means
// nothing. (Bytes of a word are compared with each other by the borrow of a subtraction: Warren, Hacker's Delight, 6-1.)
func specials(word uint64) uint64 {
	quote, backslash := word^each*'"', word^each*'\\'
	return ((quote-each)&^quote | (backslash-each)&^backslash | (word-each*' ')&^word) & tops
}
