package format

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Error says why a value cannot be decoded or encoded, and where.
type Error struct {
	Path   string // of fields, such as user.items[2].price; empty for the whole value. Entries of maps are numbered as items are
	Offset int    // of the byte in the input that was read
	Reason string // without any part of the value
	Shown  string // the beginning of what is wrong, or empty
	// TooLong says that nothing is wrong but the length of the result.
	TooLong bool
}

func (e *Error) Error() string {
	if e.Shown == "" {
		return e.Brief()
	}
	return e.Brief() + ": " + e.Shown
}

// Brief says the same as Error, without any part of the value. It can be published where the value may not be.
func (e *Error) Brief() string {
	if e.Path == "" {
		return fmt.Sprintf("byte %d: %s", e.Offset, e.Reason)
	}
	return fmt.Sprintf("byte %d, field %s: %s", e.Offset, e.Path, e.Reason)
}

// InField adds the field that the error's path begins in.
func (e *Error) InField(name string) *Error {
	switch {
	case e.Path == "":
		e.Path = name
	case e.Path[0] == '[':
		e.Path = name + e.Path
	default:
		e.Path = name + "." + e.Path
	}
	return e
}

// InItem adds the item of a list, or the entry of a map, that the error's path begins in.
func (e *Error) InItem(index int) *Error {
	item := "[" + strconv.Itoa(index) + "]"
	if e.Path == "" || e.Path[0] == '[' {
		e.Path = item + e.Path
	} else {
		e.Path = item + "." + e.Path
	}
	return e
}

const shownBytes = 64

// Show is a value for Error.Shown: as it stands, but not long.
func Show(value []byte) string {
	if len(value) <= shownBytes {
		return strconv.Quote(string(value))
	}
	end := shownBytes
	for end > shownBytes-utf8.UTFMax && !utf8.RuneStart(value[end]) {
		end--
	}
	return strconv.Quote(string(value[:end])) + "..."
}
