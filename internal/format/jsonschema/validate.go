package jsonschema

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Validate returns nil if JSON text is what the schema says. Its error says where it is not, and holds parts of the text.
func (s *Schema) Validate(text []byte) (err error) {
	value, err := readValue(text)
	if err != nil {
		return err
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("it cannot be validated: %v", v)
		}
	}()
	err = s.compiled.Validate(value)
	if invalid, is := errors.AsType[*jsonschema.ValidationError](err); is {
		return &InvalidError{violations: violations(invalid, nil)}
	}
	return err
}

// The bounds of what an error shows.
const (
	maxViolations = 3
	maxTextBytes  = 200
)

// InvalidError is the error of JSON text that is not what its schema says.
type InvalidError struct {
	violations []*jsonschema.ValidationError // at least one
}

func (e *InvalidError) Error() string {
	texts := make([]string, 0, maxViolations+1)
	for i, v := range e.violations {
		if i == maxViolations {
			texts = append(texts, fmt.Sprintf("and %d more", len(e.violations)-i))
			break
		}
		text := describe(v)
		if len(text) > maxTextBytes {
			text = strings.ToValidUTF8(text[:maxTextBytes], "") + "…"
		}
		texts = append(texts, pathOf(v.InstanceLocation)+": "+text)
	}
	return "it is not what its JSON Schema says: " + strings.Join(texts, "; ")
}

// describe says what is wrong. The library's own words for choices say less.
func describe(v *jsonschema.ValidationError) string {
	switch k := v.ErrorKind.(type) {
	case *kind.AnyOf:
		return "none of the choices of anyOf fits"
	case *kind.OneOf:
		if len(k.Subschemas) > 0 {
			return "more than one choice of oneOf fits"
		}
		return "none of the choices of oneOf fits"
	case *kind.Not:
		return "it is what not excludes"
	}
	return v.BasicOutput().Error.String()
}

// violations appends the leaves of the library's tree of errors. A choice, such as anyOf, is one violation: each of
// its branches wants something else.
func violations(e *jsonschema.ValidationError, all []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf, *kind.Not:
		return append(all, e)
	}
	if len(e.Causes) == 0 {
		return append(all, e)
	}
	// The library's order is that of a map.
	causes := slices.Clone(e.Causes)
	slices.SortStableFunc(causes, func(a, b *jsonschema.ValidationError) int {
		return slices.Compare(a.InstanceLocation, b.InstanceLocation)
	})
	for _, cause := range causes {
		all = violations(cause, all)
	}
	return all
}

// pathOf is a place in a document, as paths of a pipeline file are written.
func pathOf(location []string) string {
	if len(location) == 0 {
		return "the value"
	}
	var path strings.Builder
	for i, part := range location {
		_, err := strconv.Atoi(part)
		switch {
		case err == nil:
			path.WriteString("[" + part + "]")
		case i == 0:
			path.WriteString(part)
		default:
			path.WriteString("." + part)
		}
	}
	return path.String()
}
