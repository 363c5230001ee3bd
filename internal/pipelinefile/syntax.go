package pipelinefile

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

// document turns the bytes into the mapping at the document's root, or reports
// why it cannot.
func (d *decoder) document(data []byte) (*ast.MappingNode, bool) {
	body, ok := d.body(data)
	if !ok {
		return nil, false
	}
	switch n := body.(type) {
	case nil, *ast.NullNode:
		d.failAt(Pos{1, 1}, "", "the file is empty; a pipeline needs at least kafka, input, sources, stages, output and dead_letter")
	case *ast.MappingNode:
		return n, true
	default:
		d.failAt(nodePos(n), "", "the document is %s; a pipeline file is a mapping that starts with keys such as kafka: and input:", describe(n))
	}
	return nil, false
}

// body turns the bytes into the only document's root, nil for an empty one, or
// reports why it cannot. What it refuses it refuses before the YAML library
// recurses.
func (d *decoder) body(data []byte) (ast.Node, bool) {
	if len(data) > maxFileBytes {
		d.failAt(Pos{1, 1}, "", "the file is larger than 1 MiB; a pipeline file is a few kilobytes: is this the right file?")
		return nil, false
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if pos, what := badCharacter(data); what != "" {
		d.failAt(pos, "", "%s; save the file as UTF-8 text", what)
		return nil, false
	}
	tokens, ok := d.tokens(data)
	if !ok {
		return nil, false
	}
	file, err := parseTokens(tokens)
	if err != nil {
		if open := unclosed(err.token); open != nil {
			d.failAt(tokenPos(open), "", "not valid YAML: this text in quotes goes on until line %d; its closing quote is missing", tokenPos(err.token).Line)
			return nil, false
		}
		d.failAt(tokenPos(err.token), "", "not valid YAML: %s", syntaxAdvice(err.message))
		return nil, false
	}
	return d.root(file)
}

// root returns the only document's node.
func (d *decoder) root(file *ast.File) (ast.Node, bool) {
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			d.failAt(nodePos(doc.Body), "", "a second document starts here; a pipeline file is one document: remove the --- above and what follows, or put it into a file of its own")
			return nil, false
		}
		body = doc.Body
	}
	return body, true
}

// tokens splits the file and reports what is YAML but refused here.
func (d *decoder) tokens(data []byte) (tokens token.Tokens, ok bool) {
	before := len(d.problems)
	tokens, err := tokenize(data)
	if err != nil {
		d.failAt(Pos{1, 1}, "", "not valid YAML: %s", err.message)
		return nil, false
	}
	if len(tokens) > maxTokens {
		d.failAt(tokenPos(tokens[maxTokens]), "", "the file has too many keys and values for a pipeline file")
		return nil, false
	}
	var depth nesting
	for _, tk := range tokens {
		if what := refused(tk); what != "" {
			d.failAt(tokenPos(tk), "", "%s", what)
		}
		if depth.after(tk) > maxDepth {
			d.failAt(tokenPos(tk), "", "nested more than %d levels deep; no key of a pipeline file is", maxDepth)
			break
		}
	}
	return tokens, len(d.problems) == before
}

// refused says why a token may not be in a pipeline file, or nothing.
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

// nesting follows how deeply tokens are nested. Outside of brackets a token
// that begins a line, or a list item, is inside all those that stand further
// left.
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

// badCharacter finds the first place that is not text.
func badCharacter(data []byte) (Pos, string) {
	pos := Pos{1, 1}
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1:
			return pos, "a byte that is not UTF-8"
		case r < ' ' && r != '\n' && r != '\r' && r != '\t', r == 0x7f:
			return pos, fmt.Sprintf("a control character (U+%04X)", r)
		case r == '\n':
			pos = Pos{pos.Line + 1, 0}
		}
		pos.Column++
		data = data[size:]
	}
	return Pos{}, ""
}

// syntaxError is what the YAML library did not like.
type syntaxError struct {
	message string
	token   *token.Token
}

// tokenize splits the file. The library is not ours and the file is anybody's:
// a panic there is a file that cannot be read, not the end of the process.
func tokenize(data []byte) (tokens token.Tokens, failed *syntaxError) {
	defer func() {
		if r := recover(); r != nil {
			failed = &syntaxError{message: "it cannot be read; check quotes, brackets and indentation"}
		}
	}()
	return joinPlainColons(lexer.Tokenize(string(data))), nil
}

// parseTokens makes the tree. Duplicate keys are let through, to be reported
// with the place of the first.
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

// syntaxAdvice puts the library's message into the words of somebody who has to
// repair the file.
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
		{"sequence entries are not allowed", `a list cannot start on its key's line; start each "- item" on a line of its own, or write [item, item]`},
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

// unclosed returns the text in quotes over several lines that ends right before
// a token which does not fit: what ends it was to begin another text.
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

func tokenPos(tk *token.Token) Pos {
	if tk == nil || tk.Position == nil {
		return Pos{1, 1}
	}
	return Pos{Line: max(1, tk.Position.Line), Column: max(1, tk.Position.Column)}
}
