package outputschema

import (
	"fmt"
	"slices"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupext"
)

// Kind is what a Form is.
type Kind uint8

const (
	// Unknown is a value that nothing is known of.
	Unknown Kind = iota
	// Scalar is a single value, or another value of a column.
	Scalar
	// Object is an object with certain members.
	Object
	// List is a list of values of one form.
	List
	// Event is the event, or what a path in it leads to.
	Event
)

// Form is what is known of a value of the output before the first event.
type Form struct {
	Kind Kind
	// Nullable says that the value may be null. What the event's schema says of it counts too.
	Nullable bool
	// Column is the type of a Scalar.
	Column lookupext.ColumnType
	// Fields are the members of an Object. Origin is what names them, such as "the query of stage user".
	Fields []Field
	Origin string
	// Merged says that an Object has the members of the event too, but for those that Fields replace.
	Merged bool
	// Item is the form of the elements of a List.
	Item *Form
	// Path leads to an Event. Its [] make a list of all that it leads to, except within the first Single steps: these lead to one element.
	Path   []jsondoc.Step
	Single int
	// Reason says why a value is Unknown.
	Reason string
}

// Field is a member of an object.
type Field struct {
	Name string
	Form *Form
}

// Of returns the form of a column, which may be null.
func Of(t lookupext.ColumnType) *Form {
	if t.Kind == lookupext.UnknownKind {
		return NotKnown("the database does not tell the type")
	}
	return &Form{Kind: Scalar, Column: t, Nullable: true}
}

// NotKnown returns the form of a value that nothing is known of.
func NotKnown(reason string, args ...any) *Form {
	return &Form{Kind: Unknown, Nullable: true, Reason: fmt.Sprintf(reason, args...)}
}

// ListOf returns the form of a list.
func ListOf(item *Form) *Form { return &Form{Kind: List, Item: item} }

// At returns the form of what a path leads to: of the list of all that it leads to if it has a [].
func (f *Form) At(steps []jsondoc.Step) *Form {
	if f.Kind == Event {
		at := *f
		at.Path = slices.Concat(f.Path, steps)
		return &at
	}
	at, each := f, false
	nullable := f.Nullable
	for _, step := range steps {
		switch {
		case at.Kind == Unknown:
			return at
		case step.Each && at.Kind == List:
			each, at = true, at.Item
		case !step.Each && at.Kind == Object:
			i := slices.IndexFunc(at.Fields, func(f Field) bool { return f.Name == step.Name })
			if i < 0 {
				return NotKnown("%s has no %s", at.Origin, step.Name)
			}
			at = at.Fields[i].Form
		default:
			return NotKnown("nothing is known of what is within a column")
		}
		nullable = nullable || at.Nullable
	}
	if each {
		item := *at
		item.Nullable = true
		return ListOf(&item)
	}
	found := *at
	found.Nullable = nullable
	return &found
}

// Element returns the form of an element of a list.
func (f *Form) Element() *Form {
	switch f.Kind {
	case List:
		return f.Item
	case Event:
		at := *f
		at.Path = append(slices.Clip(f.Path), jsondoc.Step{Each: true})
		if slices.ContainsFunc(f.Path[f.Single:], func(s jsondoc.Step) bool { return s.Each }) {
			at.Path = f.Path // The path leads to the elements already.
		}
		at.Single = len(at.Path)
		return &at
	case Unknown:
		return f
	default:
		return NotKnown("nothing is known of the elements of the list")
	}
}

// HasEvent reports whether the event is in a value, or what a path in it leads to.
func (f *Form) HasEvent() bool {
	if f.Kind == Event || f.Merged || f.Item != nil && f.Item.HasEvent() {
		return true
	}
	return slices.ContainsFunc(f.Fields, func(f Field) bool { return f.Form.HasEvent() })
}
