package lookupanswer

import (
	"errors"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages"
)

// syntaxError says where an answer stops being JSON. The scanner's own reason can quote the answer.
func (a *Answers) syntaxError(err error) error {
	words := "the answer to " + a.layout.form.From + " "
	if syntax, ok := errors.AsType[*jsondoc.SyntaxError](err); ok {
		words += syntax.Brief()
	} else {
		words += "is not JSON"
	}
	if a.ContentType != "" {
		words += "; its content type is " + a.ContentType
	}
	return stages.WithClass(&serviceerr.Error{Message: words, Err: err}, stages.Unusable)
}

// checkItems returns an error if the items' path does not lead to a list, or for named items to an object. A missing list is not
// the same as an empty one. null is, since some services write an empty list so.
func (l *Layout) checkItems(body []byte, values []jsondoc.Value) error {
	first, wanted := byte('['), "list"
	if l.item != nil {
		first, wanted = '{', "object"
	}
	for _, v := range values {
		if v.Kind == jsondoc.Found && (body[v.From] == first || body[v.From] == 'n') {
			continue
		}
		return l.wrongShape(body, v, wanted)
	}
	return nil
}

// wrongShape says what there is in place of the items, and what to write.
func (l *Layout) wrongShape(body []byte, v jsondoc.Value, wanted string) error {
	at, remedy := "", "write response: {items: PATH} with the path to it"
	if l.form.Items != "" {
		at, remedy = " at "+l.form.Items, "correct "+l.form.ItemsSetting
	}
	if v.Kind != jsondoc.Found {
		return serviceerr.Unusable("the answer to %s has no %s%s: %s", l.form.From, wanted, at, remedy)
	}
	is := map[byte]string{'[': "a list", '{': "an object", '"': "a text", 't': "a boolean", 'f': "a boolean"}[body[v.From]]
	switch is {
	case "":
		is = "a number"
	case "an object":
		remedy += ", or response: {named: true} if its names are the keys"
	case "a list":
		remedy += ", or leave out named"
	}
	return serviceerr.Unusable("the answer to %s has %s and not %s %s%s: %s", l.form.From, is, map[string]string{"list": "a", "object": "an"}[wanted], wanted, at, remedy)
}
