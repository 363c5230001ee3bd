package strictyaml

// Scalar is a value of a file that is neither a list nor a mapping.
type Scalar struct {
	pos  Position
	text string
	// written is the scalar as the file has it, before ${} was replaced.
	written string
	kind    scalarKind
	// replaced reports whether ${} was replaced: the text then is read as the key's type, and errors show what is written.
	replaced bool
	// unset reports whether Options.Unset is in the text, which then is not the final value.
	unset bool
	// quoted reports whether the scalar is in quotes.
	quoted bool
	// verbatim reports whether the file has the text in one line as it is.
	verbatim bool
}

type scalarKind int

const (
	kindString scalarKind = iota
	kindNumber
	kindBoolean
	kindNull
)

// Text returns the scalar with ${} replaced. It may hold a secret.
func (s Scalar) Text() string { return s.text }

// Interpolated reports whether ${} was replaced.
func (s Scalar) Interpolated() bool { return s.replaced }

// Written describes the scalar for an error as the file has it: in quotes if it is text, and without ${} replaced.
func (s Scalar) Written() string {
	switch {
	case s.replaced:
		return Excerpt(s.written)
	case s.kind == kindNull:
		return "nothing"
	case s.kind == kindString:
		return quoted(s.written)
	}
	return Excerpt(s.written)
}

// String describes the value of the scalar for an error. It is as Written, but for a scalar with ${}, whose value is not
// shown: "the value of ${NAME}".
func (s Scalar) String() string {
	if s.replaced {
		return "the value of " + s.Written()
	}
	return s.Written()
}

// opening is the number of characters before the text.
func (s Scalar) opening() int {
	if s.quoted {
		return 1
	}
	return 0
}
