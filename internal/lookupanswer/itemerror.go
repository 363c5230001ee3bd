package lookupanswer

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages"
)

// Status is what the error of an item means if it is a status of the service's protocol.
type Status struct {
	Missing bool
	Err     error // classified; nil for a success, and if the key is missing
}

// itemError is the error that an item holds, classified, or whether it says that there is nothing. It follows Form.Error.
func (l *Layout) itemError(v jsondoc.Value, body []byte) (missing bool, err error) {
	if isNothing(v, body) {
		return false, nil
	}
	raw := v.In(body)
	word := string(raw)
	switch raw[0] {
	case '"':
		text, err := jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return false, &serviceerr.Error{Message: "the service answered an error for this key", Err: err}
		}
		word = string(text)
	case '{', '[':
		word = string(appendCompact(nil, raw))
	}
	if slices.Contains(l.form.PermanentErrors, word) {
		return false, stages.WithClass(wordError(word), stages.Permanent)
	}
	switch word {
	case "", "0", "false", "{}", "[]":
		return false, nil
	}
	if status, is := l.form.Status(word); is {
		return status.Missing, status.Err
	}
	return false, wordError(word)
}

// wordError names an error by its word, if it is one: a sentence can hold anything.
func wordError(word string) *serviceerr.Error {
	if !serviceerr.IsWord(word) {
		return &serviceerr.Error{Message: "the service answered an error for this key"}
	}
	return &serviceerr.Error{Status: word, Message: "the service answered the error " + word + " for this key"}
}
