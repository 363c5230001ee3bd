package lookupanswer

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/jsondoc"
)

// addNamed takes the items of an object whose names are the keys. null has none.
func (a *Answers) addNamed(body []byte, object jsondoc.Value) error {
	if isNothing(object, body) {
		return nil
	}
	decoder := jsontext.NewDecoder(bytes.NewReader(object.In(body)), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := decoder.ReadToken(); err != nil {
		return a.syntaxError(err)
	}
	for decoder.PeekKind() != jsontext.KindEndObject {
		name, err := decoder.ReadValue()
		if err != nil {
			return a.syntaxError(err)
		}
		a.parts[0] = name
		place, asked := a.place() // The name is gone after the next read.
		value, err := decoder.ReadValue()
		if err != nil {
			return a.syntaxError(err)
		}
		if !asked || a.found[place].turn != a.turn {
			continue
		}
		to := int(object.From) + int(decoder.InputOffset())
		if err := a.scanItem(body[to-len(value):to], to-len(value)); err != nil {
			return err
		}
		a.collect(&a.found[place], body, &a.item, 0)
	}
	return nil
}

// scanItem scans the value of one name, which begins at a byte of the answer.
func (a *Answers) scanItem(value []byte, at int) error {
	a.item.Reset()
	if err := a.layout.item.Scan(value, &a.item); err != nil {
		return a.syntaxError(err)
	}
	for _, found := range a.item.Values {
		for i := range found {
			found[i].From += int32(at)
			found[i].To += int32(at)
		}
	}
	return nil
}
