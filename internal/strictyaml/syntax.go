package strictyaml

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	// maxFileBytes bounds the file and each file of ${file:PATH}.
	maxFileBytes = 1 << 20
	// maxTokens bounds the work on a file: the YAML library takes time that grows with the square of the number of keys.
	maxTokens = 50_000
	// maxDepth bounds nesting, and with it the stack of the YAML library.
	maxDepth = 32
)

// body returns the root of the only document, nil for an empty one, or reports why there is none. It checks the bounds
// before the YAML library recurses.
func (r *reader) body(data []byte) (ast.Node, bool) {
	if len(data) > maxFileBytes {
		r.failAt(Position{1, 1}, "", "the file is larger than 1 MiB; a %s file is a few kilobytes: is this the right file?", r.kind)
		return nil, false
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if pos, what := badCharacter(data); what != "" {
		r.failAt(pos, "", "%s; save the file as UTF-8 text", what)
		return nil, false
	}
	tokens, ok := r.tokens(data)
	if !ok {
		return nil, false
	}
	file, err := parseTokens(tokens)
	if err != nil {
		if open := unclosed(err.token); open != nil {
			r.failAt(tokenPos(open), "", "not valid YAML: this text in quotes extends to line %d; its closing quote is missing", tokenPos(err.token).Line)
			return nil, false
		}
		r.failAt(tokenPos(err.token), "", "not valid YAML: %s", syntaxAdvice(err.message))
		return nil, false
	}
	return r.only(file)
}

// only returns the root of a file's only document.
func (r *reader) only(file *ast.File) (ast.Node, bool) {
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			r.failAt(nodePos(doc.Body), "", "a second document starts here; a %s file is one document: remove the --- above and what follows, or put it into another file", r.kind)
			return nil, false
		}
		body = doc.Body
	}
	return body, true
}

// tokens splits the file into tokens and reports what is YAML but not allowed.
func (r *reader) tokens(data []byte) (tokens token.Tokens, ok bool) {
	before := len(r.problems)
	tokens, err := tokenize(data)
	if err != nil {
		r.failAt(Position{1, 1}, "", "not valid YAML: %s", err.message)
		return nil, false
	}
	if len(tokens) > maxTokens {
		r.failAt(tokenPos(tokens[maxTokens]), "", "the file has too many keys and values for a %s file", r.kind)
		return nil, false
	}
	var depth nesting
	for _, tk := range tokens {
		if what := refused(tk); what != "" {
			r.failAt(tokenPos(tk), "", "%s", what)
		}
		if depth.after(tk) > maxDepth {
			r.failAt(tokenPos(tk), "", "nested more than %d levels deep; no key of a %s file is", maxDepth, r.kind)
			break
		}
	}
	return tokens, len(r.problems) == before
}

// refused says why a token may not be in a file, or nothing.
func refused(tk *token.Token) string {
	switch tk.Type {
	case token.AnchorType:
		return "anchors (&name) are not allowed; write the value out where it is needed (in quotes if it is text that starts with &)"
	case token.AliasType:
		return "aliases (*name) are not allowed; write the value out (in quotes if it is text that starts with *)"
	case token.MergeKeyType:
		return "merge keys (<<) are not allowed; write the keys out"
	case token.TagType:
		return "tags (!name) are not allowed; remove it, every key has its own type (use quotes if it is text that starts with !)"
	case token.DirectiveType:
		return "YAML directives (%NAME) are not allowed; remove the line"
	case token.MappingKeyType:
		return `"? key" is not allowed; write "key: value"`
	default:
		return ""
	}
}

// nesting follows how deeply tokens are nested. Outside of brackets a token that begins a line or a list item is inside
// every such token further left.
type nesting struct {
	brackets int
	columns  []int
	line     int
}

// after returns the depth once tk was seen.
func (n *nesting) after(tk *token.Token) int {
	switch tk.Type {
	case token.MappingStartType, token.SequenceStartType:
		n.brackets++
	case token.MappingEndType, token.SequenceEndType:
		n.brackets = max(0, n.brackets-1)
	default:
	}
	if n.brackets == 0 && (tk.Position.Line != n.line || tk.Type == token.SequenceEntryType) {
		for len(n.columns) > 0 && n.columns[len(n.columns)-1] >= tk.Position.Column {
			n.columns = n.columns[:len(n.columns)-1]
		}
		n.columns = append(n.columns, tk.Position.Column)
	}
	n.line = tk.Position.Line
	return len(n.columns) + n.brackets
}

// badCharacter returns the position of the first character that is not text, and what it is.
func badCharacter(data []byte) (Position, string) {
	pos := Position{1, 1}
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1:
			return pos, "a byte that is not UTF-8"
		case r < ' ' && r != '\n' && r != '\r' && r != '\t', r == 0x7f:
			return pos, fmt.Sprintf("a control character (U+%04X)", r)
		case r == '\n':
			pos = Position{pos.Line + 1, 0}
		}
		pos.Column++
		data = data[size:]
	}
	return Position{}, ""
}

// syntaxError is a syntax error of the YAML library.
type syntaxError struct {
	message string
	token   *token.Token
}

// tokenize splits the file into tokens. A panic of the library is an error of the file: it must not end the process.
func tokenize(data []byte) (tokens token.Tokens, failed *syntaxError) {
	defer func() {
		if r := recover(); r != nil {
			failed = &syntaxError{message: "it cannot be read; check quotes, brackets and indentation"}
		}
	}()
	return joinPlainColons(lexer.Tokenize(string(data))), nil
}

// parseTokens makes the tree. It accepts duplicate keys, which the reader reports with the place of the first.
func parseTokens(tokens token.Tokens) (file *ast.File, failed *syntaxError) {
	defer func() {
		if r := recover(); r != nil {
			failed = &syntaxError{message: "it cannot be read; check quotes, brackets and indentation"}
		}
	}()
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err == nil {
		return file, nil
	}
	failed = &syntaxError{message: strings.SplitN(err.Error(), "\n", 2)[0]}
	// The library's error types are internal; these methods are what they share.
	if e, ok := err.(interface {
		GetMessage() string
		GetToken() *token.Token
	}); ok {
		failed.message, failed.token = e.GetMessage(), e.GetToken()
	}
	return nil, failed
}

// syntaxAdvice turns the library's message into advice for the user who has to fix the file.
func syntaxAdvice(message string) string {
	advice := []struct{ contains, say string }{
		{"double-quoted text", `this " has no closing "`},
		{"single-quoted text", "this ' has no closing '"},
		{"must be specified", `a "," or the closing bracket is missing before this; inside { } and [ ], text with { } [ ] or , needs quotes, as in "${NAME}"`},
		{"end token", "this bracket is never closed"},
		{"character corresponding to", "this bracket was never opened"},
		{"tab character", "a tab cannot indent; use spaces"},
		{"character '\t'", "a tab cannot indent; use spaces"},
		{"reserved character", "text cannot start with this character unless it is in quotes"},
		{"unknown escape", `a \ in "..." starts an escape; write \\, or use '...'`},
		{"mapping value is not allowed", `a second ":" in this value, or a key indented too far below it; put text that contains ": " in quotes`},
		{"sequence entries are not allowed", `a list cannot start on its key's line; start each "- item" on its own line, or write [item, item]`},
		{"not allowed in this context", "this does not fit where it stands; check its indentation"},
		{"unexpected key name", `this line is not "key: value"; check that a ":" and a space follow the key`},
		{"non-map value", `this line is not "key: value"; check that a ":" and a space follow the key, and the indentation`},
		{"directive", "text cannot start with % unless it is in quotes"},
	}
	for _, a := range advice {
		if strings.Contains(message, a.contains) {
			return a.say
		}
	}
	return message
}

// unclosed returns the quoted text over several lines that ends right before a token that does not fit. The quote that
// ended it was meant to open another text.
func unclosed(tk *token.Token) *token.Token {
	if tk == nil || tk.Prev == nil || tk.Prev.Type != token.DoubleQuoteType && tk.Prev.Type != token.SingleQuoteType {
		return nil
	}
	lines := strings.Count(strings.TrimSpace(tk.Prev.Origin), "\n")
	if lines == 0 || tokenPos(tk.Prev).Line+lines != tokenPos(tk).Line {
		return nil
	}
	return tk.Prev
}

func tokenPos(tk *token.Token) Position {
	if tk == nil || tk.Position == nil {
		return Position{1, 1}
	}
	return Position{Line: max(1, tk.Position.Line), Column: max(1, tk.Position.Column)}
}
