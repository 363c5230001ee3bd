package pipelinefile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Pos is a place in the pipeline file. Line and Column start at 1, and columns
// count characters. The zero Pos is no place at all.
type Pos struct {
	Line   int
	Column int
}

// Error is one problem in a pipeline file.
type Error struct {
	// File is the name of the file as it was given to Parse.
	File string
	// Line and Column say where the problem is, both starting at 1. Both are 0
	// where the file has nothing about the key, which is then a default's problem.
	Line, Column int
	// Key is the path of the key, such as stages.user.by; empty where the
	// problem is not one key's.
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

// Pos returns where the value of key stands in the file. A key that the file
// does not have gives the place of the section that would hold it, and the zero
// Pos where the file does not have that either.
func (f *File) Pos(key string) Pos {
	for {
		if pos, ok := f.positions[key]; ok {
			return pos
		}
		i := strings.LastIndexAny(key, ".[")
		if i < 0 {
			return Pos{}
		}
		key = key[:i]
	}
}

// Errorf returns a problem with the value of key, such as stages.user.query or
// input.topics[0], placed where the file has it. Later passes over the file use
// it so that their errors read as those of Parse do. The arguments must not
// hold secrets.
func (f *File) Errorf(key, format string, args ...any) *Error {
	return f.errorAt(f.Pos(key), key, format, args...)
}

// ErrorfIn returns a problem within the value of key, at a line and a column of
// its text that count from 1. It stands there if the file has the text in one
// line as it is, and else at the beginning of the value.
func (f *File) ErrorfIn(key string, line, column int, format string, args ...any) *Error {
	if start, ok := f.texts[key]; ok && line == 1 {
		return f.errorAt(Pos{Line: start.Line, Column: start.Column + column - 1}, key, format, args...)
	}
	message := fmt.Sprintf(format, args...)
	return f.Errorf(key, "line %d, column %d: %s", line, column, message)
}

func (f *File) errorAt(pos Pos, key, format string, args ...any) *Error {
	return &Error{File: f.fileName, Line: pos.Line, Column: pos.Column, Key: key, Message: fmt.Sprintf(format, args...)}
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
