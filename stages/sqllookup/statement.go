package sqllookup

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// statement is a query split at its placeholders: what was written around $keys, and how $keys was used.
type statement struct {
	source string // without a trailing semicolon
	uses   []use
}

// use is one place where a query names its keys.
type use struct {
	start, end int // what is replaced, in source: `$keys`, or all of `IN ($keys)`
	form       form
}

type form uint8

const (
	bare    form = iota // $keys by itself, as in unnest($keys)
	inKeys              // IN ($keys)
	anyKeys             // ANY($keys), whose parentheses stay
)

// rewrite is the statement with each use replaced, and a way back to positions in the source.
type rewrite struct {
	sql   string
	edits []edit
	from  string
}

type edit struct{ source, sourceEnd, at, atEnd int }

// rewriteWith replaces each use by what replace returns for it.
func (s statement) rewriteWith(replace func(use) string) rewrite {
	var b strings.Builder
	r := rewrite{from: s.source}
	last := 0
	for _, u := range s.uses {
		b.WriteString(s.source[last:u.start])
		at := b.Len()
		b.WriteString(replace(u))
		r.edits = append(r.edits, edit{u.start, u.end, at, b.Len()})
		last = u.end
	}
	b.WriteString(s.source[last:])
	r.sql = b.String()
	return r
}

// place is the line and the column in the source of a position in the rewritten statement that a server gave:
// characters, counted from 1.
func (r rewrite) place(position int) (line, column int) {
	offset := 0
	for i := 1; i < position && offset < len(r.sql); i++ {
		_, size := utf8.DecodeRuneInString(r.sql[offset:])
		offset += size
	}
	shift := 0
	for _, e := range r.edits {
		if offset < e.at {
			break
		}
		if offset < e.atEnd {
			offset, shift = e.source, 0
			break
		}
		shift = e.sourceEnd - e.atEnd
	}
	before := r.from[:min(offset+shift, len(r.from))]
	line = strings.Count(before, "\n") + 1
	column = utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return line, column
}

// parseStatement finds the $keys of one statement, outside of what the dialect quotes.
func parseStatement(sql string, d dialect) (statement, error) {
	var (
		s      = statement{source: sql}
		sc     = scanner{sql: sql, dialect: d}
		recent [4]token // the last tokens, the newest first
		open   = -1     // the use whose closing parenthesis is awaited
		end    = -1     // where a semicolon ended the statement
	)
	for {
		tok := sc.next()
		if tok.kind == endToken {
			break
		}
		if end >= 0 {
			return s, errors.New("there is more than one statement: a stage has one")
		}
		if open >= 0 {
			if tok.text(sql) != ")" {
				return s, errors.New("IN takes $keys and nothing beside it: write IN ($keys)")
			}
			if s.uses[open].form == inKeys {
				s.uses[open].end = tok.end
			}
			open = -1
		}
		switch {
		case tok.kind == parameterToken && tok.text(sql) != "$keys":
			return s, fmt.Errorf("there is no parameter %s: a statement takes $keys and nothing else", tok.text(sql))
		case tok.kind == parameterToken:
			u := use{start: tok.start, end: tok.end}
			if recent[0].text(sql) == "(" {
				switch strings.ToUpper(recent[1].text(sql)) {
				case "IN":
					if strings.EqualFold(recent[2].text(sql), "NOT") {
						return s, errors.New("NOT IN ($keys) asks for every other row: a lookup asks for the rows of its keys")
					}
					u.form, u.start, open = inKeys, recent[1].start, len(s.uses)
				case "ANY", "SOME":
					u.form = anyKeys
				}
			}
			s.uses = append(s.uses, u)
		case tok.text(sql) == ";":
			end = tok.start
		}
		recent = [4]token{tok, recent[0], recent[1], recent[2]}
	}
	if len(s.uses) == 0 {
		return s, errors.New("there is no $keys: without it the statement is no bulk lookup; write WHERE id IN ($keys)")
	}
	if end >= 0 {
		s.source = sql[:end]
	}
	return s, nil
}

// tokens are all tokens of the source.
func (s statement) tokens(d dialect) []token {
	var all []token
	sc := scanner{sql: s.source, dialect: d}
	for t := sc.next(); t.kind != endToken; t = sc.next() {
		all = append(all, t)
	}
	return all
}

// words are the identifiers of a statement, in lower case and without quotes, and more.
func (s statement) words(d dialect) map[string]bool {
	words := map[string]bool{}
	for _, tok := range s.tokens(d) {
		if tok.kind == wordToken || tok.kind == quotedToken {
			words[strings.ToLower(strings.Trim(tok.text(s.source), "`\""))] = true
		}
	}
	return words
}
