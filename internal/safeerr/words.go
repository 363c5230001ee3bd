// Package safeerr makes errors fit for the log. It takes the keys and values of events out of what sources say, and names
// network errors without their addresses.
//
// A source quotes keys in its errors in forms that nobody can list: a function in a database raises any text. So this
// works the other way round. Only known words of a text stay: words of the messages of databases, services and
// loaderline itself, and words of the configuration. Everything else becomes "…".
package safeerr

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hole stands for what was left out.
const hole = "…"

// Words are the words of a configuration. The zero value has none.
type Words struct{ known map[string]bool }

// NewWords takes the words of texts: names, paths and statements. A number is no word: it may be a key.
func NewWords(texts ...string) Words {
	w := Words{known: map[string]bool{}}
	for _, text := range texts {
		for _, run := range strings.FieldsFunc(text, func(r rune) bool { return !isWord(r) }) {
			if strings.ContainsFunc(run, unicode.IsLetter) {
				w.known[strings.ToLower(run)] = true
			}
		}
	}
	return w
}

// code is the end of our own errors: the code that the source gave, and how often it was asked.
var code = regexp.MustCompile(` \((SQLSTATE [0-9A-Z]{5}|error [0-9]{1,5}|SQLITE(_[A-Z]+)?)\)( \(after [0-9]+ attempts\))?$`)

// Text returns a text with only its known words. In quotes, only words of the configuration stay.
func (w Words) Text(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = w.line(line)
	}
	return strings.Join(lines, "\n")
}

func (w Words) line(text string) string {
	end := code.FindString(text)
	var out []string
	last := ""
	for rest := strings.TrimSuffix(text, end); ; {
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		if rest == "" {
			break
		}
		token, tail := cut(rest)
		rest = tail
		if !w.passes(token, last) {
			token = hole + punctuation(token)
		}
		last = token
		if n := len(out); n > 0 && out[n-1] == hole && strings.HasPrefix(token, hole) {
			out[n-1] = token
			continue
		}
		out = append(out, token)
	}
	return strings.Join(out, " ") + end
}

// cut takes the next token: a quoted text with everything attached to it, or the text up to a space.
func cut(text string) (token, rest string) {
	first, size := utf8.DecodeRuneInString(text)
	end := 0
	if strings.ContainsRune("\"'`", first) {
		for i, r := range text[size:] {
			next, _ := utf8.DecodeRuneInString(text[size+i+1:])
			if r == first && !isWord(next) {
				end = size + i + 1
				break
			}
		}
		if end == 0 {
			return text, "" // It does not end: nobody knows what belongs to it.
		}
	}
	for i, r := range text[end:] {
		if unicode.IsSpace(r) {
			return text[:end+i], text[end+i:]
		}
	}
	return text, ""
}

// passes reports whether a token that follows another may stay.
func (w Words) passes(token, last string) bool {
	quoted := strings.ContainsAny(token[:1], "\"'`")
	for _, run := range strings.FieldsFunc(token, func(r rune) bool { return !isWord(r) }) {
		run = strings.ToLower(run)
		if !w.known[run] && (quoted || !vocabulary[run]) && !isStatus(run, last) {
			return false
		}
	}
	return !strings.ContainsFunc(token, func(r rune) bool { return !isWord(r) && !strings.ContainsRune("\"'`()[]{},;:.-*=<>/+$%…", r) })
}

// isStatus reports whether a run is the status of an HTTP answer.
func isStatus(run, last string) bool {
	n, err := strconv.Atoi(run)
	return err == nil && last == "answered" && http.StatusText(n) != ""
}

// punctuation is the end of a token that belongs to the sentence.
func punctuation(token string) string {
	return token[len(strings.TrimRight(token, ":;,.")):]
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
