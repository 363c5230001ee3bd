package strictyaml

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Document is a decoded file: where its keys are, how its scalars are written, and what is wrong with them. Keys are paths
// such as stages.user.by or input.topics[0].
//
// The checks that follow Decode add problems with Fail, and end with Err. After them the Document does not change, and it is
// safe for concurrent use.
type Document struct {
	reader

	schema *Schema
	opts   Options
	// positions has where each value begins.
	positions map[string]Position
	// texts has where the text of a scalar begins, if the file has the text in one line as it is.
	texts map[string]Position
	// scalars has each scalar that was read without a problem.
	scalars map[string]Scalar
	// secrets has the secrets with ${} as the file has them.
	secrets map[string]string
}

// Position returns where the value of key is. For a key that the file does not have it returns the position of the section
// that would hold the key, and the zero Position if the file does not have that either.
func (d *Document) Position(key string) Position {
	for {
		if pos, ok := d.positions[key]; ok {
			return pos
		}
		i := strings.LastIndexAny(key, ".[")
		if i < 0 {
			return Position{}
		}
		key = key[:i]
	}
}

// Has reports whether the file has the key with a value of the right form: a scalar, a list or a mapping. The value may
// have another problem.
func (d *Document) Has(key string) bool {
	_, ok := d.positions[key]
	return ok
}

// Valid reports whether the file has a scalar for the key, without a problem.
func (d *Document) Valid(key string) bool {
	_, ok := d.scalars[key]
	return ok
}

// Scalar returns the scalar of a key for which Valid is true, and the zero Scalar for another. That of a secret is redacted.
func (d *Document) Scalar(key string) Scalar { return d.scalars[key] }

// ValidKeys iterates over the keys for which Valid is true, in no order.
func (d *Document) ValidKeys() iter.Seq[string] { return maps.Keys(d.scalars) }

// Fail adds a problem with the value of key. The arguments must not hold secrets.
func (d *Document) Fail(key, format string, args ...any) {
	d.failAt(d.Position(key), key, format, args...)
}

// FailedBelow reports whether a key in the section has a problem.
func (d *Document) FailedBelow(section string) bool {
	return slices.ContainsFunc(d.problems, func(p *Error) bool { return strings.HasPrefix(p.Key, section+".") })
}

// Err joins the problems in the order of the file, each an [*Error]. It returns nil for none.
func (d *Document) Err() error { return join(d.problems) }

// Errorf returns a problem with the value of key, for what finds it after the checks. The arguments must not hold secrets.
func (d *Document) Errorf(key, format string, args ...any) *Error {
	return d.errorAt(d.Position(key), key, format, args...)
}

// ErrorfIn returns a problem within the value of key, at a line and a column of its text that count from 1. If the file has
// the text in one line as it is, that is the error's position; otherwise the error has the position of the value and
// names line and column in its message.
func (d *Document) ErrorfIn(key string, line, column int, format string, args ...any) *Error {
	if start, ok := d.texts[key]; ok && line == 1 {
		return d.errorAt(Position{Line: start.Line, Column: start.Column + column - 1}, key, format, args...)
	}
	message := fmt.Sprintf(format, args...)
	return d.Errorf(key, "line %d, column %d: %s", line, column, message)
}

// Secret resolves the ${} of a secret once more and returns its current value: the file of ${file:PATH} may have been
// rewritten. written is the secret as Decode read it, which Secret returns if the secret has no ${}. It is safe for
// concurrent use.
func (d *Document) Secret(key string, written Secret) (string, error) {
	text, replaced := d.secrets[key]
	if !replaced {
		return written.Reveal(), nil
	}
	value, _, problems := d.interpolate(text)
	if len(problems) > 0 {
		return "", errors.New(problems[0])
	}
	return value, nil
}
