package sqllookup

import "strings"

// dialect is where the drivers' languages differ in what a scanner must know.
type dialect uint8

const (
	postgresDialect dialect = iota
	sqliteDialect
	mysqlDialect
)

type tokenKind uint8

const (
	endToken tokenKind = iota
	wordToken
	parameterToken
	quotedToken
	symbolToken
)

// token is a piece of a statement. The zero token is the end, and is empty.
type token struct {
	kind       tokenKind
	start, end int
}

func (t token) text(sql string) string { return sql[t.start:t.end] }

// scanner splits a statement into tokens, far enough to tell what is quoted from what is not. What does not end
// ends with the statement: the server has better words for it.
type scanner struct {
	sql     string
	pos     int
	dialect dialect
}

// next is the next token that is neither space nor a comment.
func (s *scanner) next() token {
	s.skipSpace()
	if s.pos == len(s.sql) {
		return token{}
	}
	start := s.pos
	kind := s.skipToken(s.sql[start])
	return token{kind, start, s.pos}
}

// skipSpace skips spaces and comments.
func (s *scanner) skipSpace() {
	for s.pos < len(s.sql) {
		switch rest := s.sql[s.pos:]; {
		case rest[0] <= ' ':
			s.pos++
		case s.startsLineComment(rest):
			s.skipPast("\n", 1)
		case strings.HasPrefix(rest, "/*"):
			s.skipComment()
		default:
			return
		}
	}
}

// skipToken skips the token that begins with c, and returns its kind.
func (s *scanner) skipToken(c byte) tokenKind {
	start := s.pos
	switch {
	case c == '\'':
		s.skipQuoted('\'', s.dialect == mysqlDialect)
		return quotedToken
	case c == '"', s.dialect != postgresDialect && c == '`':
		s.skipQuoted(c, s.dialect == mysqlDialect && c == '"')
		return quotedToken
	case s.dialect == sqliteDialect && c == '[':
		s.skipPast("]", 1)
		return quotedToken
	case s.dialect == postgresDialect && c == '$' && s.skipDollarQuoted():
		return quotedToken
	case s.startsParameter(c):
		s.skipWord(1)
		return parameterToken
	case isWord(c):
		s.skipWord(0)
		if s.dialect == postgresDialect && strings.EqualFold(s.sql[start:s.pos], "E") && s.at('\'') {
			s.skipQuoted('\'', true)
			return quotedToken
		}
		return wordToken
	default:
		s.pos++
		return symbolToken
	}
}

// startsParameter reports whether a parameter of the dialect begins with c.
func (s *scanner) startsParameter(c byte) bool {
	switch c {
	case '$':
		return true
	case '?':
		return s.dialect != postgresDialect
	case ':', '@':
		return s.dialect == sqliteDialect
	default:
		return false
	}
}

// startsLineComment reports whether rest begins with a comment that ends with its line. MySQL's -- wants a space after it:
// 5--1 is six.
func (s *scanner) startsLineComment(rest string) bool {
	if s.dialect != mysqlDialect {
		return strings.HasPrefix(rest, "--")
	}
	return rest[0] == '#' || rest == "--" || (strings.HasPrefix(rest, "--") && rest[2] <= ' ')
}

func (s *scanner) at(c byte) bool { return s.pos < len(s.sql) && s.sql[s.pos] == c }

// skipPast skips n bytes and then everything up to and including end.
func (s *scanner) skipPast(end string, n int) {
	if i := strings.Index(s.sql[s.pos+n:], end); i >= 0 {
		s.pos += n + i + len(end)
		return
	}
	s.pos = len(s.sql)
}

// skipComment skips a comment, with the comments in it where the dialect nests them.
func (s *scanner) skipComment() {
	if s.dialect != postgresDialect {
		s.skipPast("*/", 2)
		return
	}
	for depth := 0; s.pos < len(s.sql); {
		switch rest := s.sql[s.pos:]; {
		case strings.HasPrefix(rest, "/*"):
			depth++
			s.pos += 2
		case strings.HasPrefix(rest, "*/"):
			s.pos += 2
			if depth--; depth == 0 {
				return
			}
		default:
			s.pos++
		}
	}
}

// skipQuoted skips a literal in which the quote is doubled, and escaped by a backslash where there are escapes.
func (s *scanner) skipQuoted(quote byte, escapes bool) {
	for s.pos++; s.pos < len(s.sql); s.pos++ {
		switch c := s.sql[s.pos]; {
		case c == '\\' && escapes:
			s.pos++
		case c == quote:
			if s.pos+1 < len(s.sql) && s.sql[s.pos+1] == quote {
				s.pos++
				continue
			}
			s.pos++
			return
		}
	}
	s.pos = len(s.sql)
}

// skipDollarQuoted skips $$...$$ and $tag$...$tag$.
func (s *scanner) skipDollarQuoted() bool {
	rest := s.sql[s.pos:]
	end := 1
	for end < len(rest) && isWord(rest[end]) && rest[end] != '$' {
		end++
	}
	if end == len(rest) || rest[end] != '$' || (end > 1 && isDigit(rest[1])) {
		return false
	}
	s.skipPast(rest[:end+1], end+1)
	return true
}

func (s *scanner) skipWord(n int) {
	s.pos += n
	for s.pos < len(s.sql) && isWord(s.sql[s.pos]) {
		s.pos++
	}
}

// isWord reports whether c is part of an identifier or a number: letters, digits, _, $ and everything beyond ASCII.
func isWord(c byte) bool {
	return c == '_' || c == '$' || isDigit(c) || c >= 0x80 || (c|0x20 >= 'a' && c|0x20 <= 'z')
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
