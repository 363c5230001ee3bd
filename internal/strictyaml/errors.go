package strictyaml

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Position is a place in a file. Line and Column start at 1, and columns count characters. The zero Position is no place.
type Position struct {
	Line   int
	Column int
}

// Error is one problem in a file.
type Error struct {
	// File is the name of the file as the reader was given it.
	File string
	// Line and Column say where the problem is, both starting at 1. Both are 0 if the file does not have the key: the
	// problem is then that of a default.
	Line, Column int
	// Key is the path of the key, such as stages.user.by. It is empty if the problem is not that of one key.
	Key string
	// Message says what is wrong and what to write instead.
	Message string
}

// Error returns the problem as one line: file:line:column: key: message.
func (e *Error) Error() string {
	text := e.File + ": "
	if e.Line > 0 {
		text = fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Column)
	}
	if e.Key != "" {
		text += e.Key + ": "
	}
	return text + e.Message
}

// Join joins problems, and those that are joined in them: first each [*Error] once, in the order of their places, then errors of
// other types. It returns nil for no problems.
func Join(problems []error) error {
	var (
		placed []*Error
		others []error
	)
	for _, problem := range apart(nil, problems) {
		e, ok := errors.AsType[*Error](problem)
		switch {
		case !ok:
			others = append(others, problem)
		case !slices.ContainsFunc(placed, func(other *Error) bool { return *other == *e }):
			placed = append(placed, e)
		}
	}
	return errors.Join(append([]error{join(placed)}, others...)...)
}

// apart appends problems, each by itself.
func apart(all, problems []error) []error {
	for _, problem := range problems {
		if joined, is := problem.(interface{ Unwrap() []error }); is {
			all = apart(all, joined.Unwrap())
		} else {
			all = append(all, problem)
		}
	}
	return all
}

// join returns the problems in the order of the file as one error, nil for none.
func join(problems []*Error) error {
	slices.SortStableFunc(problems, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// reader reads one file and gathers its problems.
type reader struct {
	file     string // its name
	kind     string // as Schema.Kind
	problems []*Error
}

func (r *reader) errorAt(pos Position, key, format string, args ...any) *Error {
	return &Error{File: r.file, Line: pos.Line, Column: pos.Column, Key: key, Message: fmt.Sprintf(format, args...)}
}

// failAt reports a problem, in one line whatever it repeats of the file.
func (r *reader) failAt(pos Position, key, format string, args ...any) {
	problem := r.errorAt(pos, key, format, args...)
	problem.Message = strings.NewReplacer("\n", " ", "\r", " ").Replace(problem.Message)
	r.problems = append(r.problems, problem)
}
