package httplookup

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/stages"
)

// itemError is the error that an item holds, classified, or whether it says that there is nothing. It follows Query.Error.
func (l *layout) itemError(v jsondoc.Value, body []byte) (missing bool, err error) {
	if isNothing(v, body) {
		return false, nil
	}
	raw := v.In(body)
	word := string(raw)
	switch raw[0] {
	case '"':
		text, err := jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return false, &serviceError{message: "the service answered an error for this key", err: err}
		}
		word = string(text)
	case '{', '[':
		word = string(appendCompact(nil, raw))
	}
	if slices.Contains(l.permanent, word) {
		return false, stages.WithClass(wordError(word), stages.Permanent)
	}
	switch word {
	case "", "0", "false", "{}", "[]":
		return false, nil
	}
	status, err := strconv.Atoi(word)
	switch {
	case err != nil || status < 100 || status > 599:
		return false, wordError(word)
	case status/100 == 2:
		return false, nil
	case status == http.StatusNotFound || status == http.StatusGone:
		return true, nil
	}
	e := &serviceError{code: word, message: "the service answered " + statusText(status) + " for this key"}
	if statusClass(status) == stages.Transient {
		return false, e
	}
	return false, stages.WithClass(e, stages.Permanent)
}

// wordError names an error by its word, if it is one: a sentence can hold anything.
func wordError(word string) *serviceError {
	if !isWord(word) {
		return &serviceError{message: "the service answered an error for this key"}
	}
	return &serviceError{code: word, message: "the service answered the error " + word + " for this key"}
}

func isWord(text string) bool {
	const most = 64
	if text == "" || len(text) > most {
		return false
	}
	for _, c := range []byte(text) {
		if c != '_' && c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}
