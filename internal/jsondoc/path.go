package jsondoc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Step is one step of a path: into a member of an object, or, where Each is set, into each element of an array.
type Step struct {
	Name string
	Each bool
}

// Path leads from a document to values in it, as `event.user_id` or `purchases[].product_id`. A name that holds one of
// the characters `. [ ] "` or a space is quoted as in JSON: `event."user id"`.
type Path struct {
	Root  string // the document: `event`, or the name of a stage
	Steps []Step
}

// PathError says what is wrong with a path, and at which byte of it.
type PathError struct {
	Path   string
	Offset int
	Reason string
}

func (e *PathError) Error() string { return fmt.Sprintf("%q: %s", e.Path, e.Reason) }

// ParsePath reads a path. Its errors are *PathError.
func ParsePath(s string) (Path, error) {
	p := pathParser{text: s}
	if s == "" {
		return Path{}, p.fail("a path is empty; write one such as event.user_id")
	}
	root, err := p.name()
	if err != nil {
		return Path{}, err
	}
	path := Path{Root: root}
	for p.at < len(s) {
		step, err := p.step()
		if err != nil {
			return Path{}, err
		}
		path.Steps = append(path.Steps, step)
	}
	return path, nil
}

type pathParser struct {
	text string
	at   int
}

func (p *pathParser) fail(format string, args ...any) error {
	return &PathError{Path: p.text, Offset: p.at, Reason: fmt.Sprintf(format, args...)}
}

func (p *pathParser) step() (Step, error) {
	rest := p.text[p.at:]
	switch {
	case strings.HasPrefix(rest, "[]"):
		p.at += 2
		return Step{Each: true}, nil
	case rest[0] == '[':
		return Step{}, p.brackets(rest)
	case rest[0] == '.':
		p.at++
		name, err := p.name()
		return Step{Name: name}, err
	}
	return Step{}, p.fail("a name is followed by . or []")
}

// brackets says what to write in place of brackets with something in them.
func (p *pathParser) brackets(rest string) error {
	inside, _, closed := strings.Cut(rest[1:], "]")
	name := strings.Trim(inside, `"'`)
	switch {
	case closed && name != inside:
		return p.fail("write .%s in place of [%s]; brackets are for [] alone, each element of a list", quoteName(name), inside)
	case closed && inside == "*":
		return p.fail("write [] in place of [*], for each element of a list")
	default:
		return p.fail("write [] for each element of a list; a single one cannot be named")
	}
}

func (p *pathParser) name() (string, error) {
	rest := p.text[p.at:]
	if strings.HasPrefix(rest, `"`) {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return "", p.fail("a quoted name has no closing quote")
		}
		name, err := strconv.Unquote(quoted)
		if err != nil || !utf8.ValidString(name) {
			return "", p.fail("the quoted name %s is not one JSON string", quoted)
		}
		p.at += len(quoted)
		return name, nil
	}
	end := strings.IndexFunc(rest, endsName)
	if end < 0 {
		end = len(rest)
	}
	if end == 0 {
		return "", p.fail("a name is missing at byte %d", p.at)
	}
	name := rest[:end]
	if !utf8.ValidString(name) {
		return "", p.fail("a name is not valid UTF-8")
	}
	p.at += end
	return name, nil
}

func endsName(r rune) bool {
	return r == '.' || r == '[' || r == ']' || r == '"' || unicode.IsSpace(r) || unicode.IsControl(r)
}

// String is the path as ParsePath reads it.
func (p Path) String() string {
	var b strings.Builder
	b.WriteString(quoteName(p.Root))
	for _, s := range p.Steps {
		if s.Each {
			b.WriteString("[]")
			continue
		}
		b.WriteString("." + quoteName(s.Name))
	}
	return b.String()
}

func quoteName(name string) string {
	if name == "" || strings.ContainsFunc(name, endsName) {
		return strconv.Quote(name)
	}
	return name
}

// Each is the part of the path up to its last [], empty where it has none.
func (p Path) Each() Path {
	for i, s := range slices.Backward(p.Steps) {
		if s.Each {
			return Path{Root: p.Root, Steps: p.Steps[:i+1]}
		}
	}
	return Path{Root: p.Root}
}

// HasPrefix reports whether the path begins with another one.
func (p Path) HasPrefix(q Path) bool {
	if p.Root != q.Root || len(q.Steps) > len(p.Steps) {
		return false
	}
	for i, s := range q.Steps {
		if p.Steps[i] != s {
			return false
		}
	}
	return true
}
