package httplookup

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/stages"
)

// unusable is the error of an answer that does not have the form that the query asks for.
func unusable(format string, args ...any) error {
	return stages.WithClass(&serviceError{message: fmt.Sprintf(format, args...)}, stages.Unusable)
}

// syntaxError says where an answer stops being JSON. The scanner's own reason can quote the answer.
func (a *answers) syntaxError(err error) error {
	words := "the answer to " + a.layout.from + " "
	if syntax, ok := errors.AsType[*jsondoc.SyntaxError](err); ok {
		words += syntax.Brief()
	} else {
		words += "is not JSON"
	}
	if a.kind != "" {
		words += "; its content type is " + a.kind
	}
	return stages.WithClass(&serviceError{message: words, err: err}, stages.Unusable)
}

// checkItems returns an error if the items' path does not lead to a list, or for named items to an object. A missing list is not
// the same as an empty one. null is, since some services write an empty list so.
func (l *layout) checkItems(body []byte, values []jsondoc.Value) error {
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
func (l *layout) wrongShape(body []byte, v jsondoc.Value, wanted string) error {
	at, remedy := "", "write response: {items: PATH} with the path to it"
	if l.items != "" {
		at, remedy = " at "+l.items, "correct response.items"
	}
	if v.Kind != jsondoc.Found {
		return unusable("the answer to %s has no %s%s: %s", l.from, wanted, at, remedy)
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
	return unusable("the answer to %s has %s and not %s %s%s: %s", l.from, is, map[string]string{"list": "a", "object": "an"}[wanted], wanted, at, remedy)
}

// checkStatus says whether the status allows an answer. 201 and 203 have the content of a 200, and 204 has none.
func (l *httpLookup) checkStatus(response *http.Response) error {
	from := l.layout.from
	switch status := response.StatusCode; status {
	case http.StatusOK, http.StatusCreated, http.StatusNonAuthoritativeInfo, http.StatusNoContent:
		return nil
	case http.StatusPartialContent:
		return l.unusableStatus(status, "a part of an answer does not say which keys are missing; have the service answer 200")
	case http.StatusMultiStatus:
		return l.unusableStatus(status, "have the service answer 200, and say by response.error where an item has its status")
	case http.StatusNotFound, http.StatusGone:
		return stages.WithClass(&serviceError{code: fmt.Sprint(status), message: fmt.Sprintf(
			"the service answered %s to %s: correct request.path, or write response: {missing: [%d]} if the service says so of unknown keys",
			statusText(status), from, status)}, stages.Fatal)
	default:
		if status/100 == 2 {
			return l.unusableStatus(status, "200 was expected")
		}
	}
	return nil
}

func (l *httpLookup) unusableStatus(status int, words string) error {
	return stages.WithClass(&serviceError{
		code: fmt.Sprint(status), message: fmt.Sprintf("the service answered %s to %s: %s", statusText(status), l.layout.from, words),
	}, stages.Unusable)
}

// checkContent refuses an answer that cannot be read as UTF-8. The content type decides nothing else, since services send JSON as
// text too. kind is for the error about content that is not JSON. It is empty if the type is JSON's, or if there is none.
func (l *layout) checkContent(header http.Header) (kind string, err error) {
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return "", unusable("the answer to %s is compressed in a way that was not asked for: have the service send gzip or nothing", l.from)
	}
	text := header.Get("Content-Type")
	if text == "" {
		return "", nil
	}
	kind, parameters, err := mime.ParseMediaType(text)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return "not valid", nil
	}
	switch charset := strings.ToLower(parameters["charset"]); {
	case charset == "", charset == "utf-8", charset == "utf8", charset == "us-ascii":
	case isWord(charset):
		return "", unusable("the answer to %s is in %s: have the service answer in UTF-8", l.from, strings.ToUpper(charset))
	default:
		return "", unusable("the answer to %s is not in UTF-8: have the service answer in it", l.from)
	}
	switch top, sub, _ := strings.Cut(kind, "/"); {
	case isJSONType(kind):
		return "", nil
	case !isWord(top) || !isWord(strings.NewReplacer("+", "", ".", "").Replace(sub)):
		return "not JSON's", nil
	}
	return kind, nil
}

func isJSONType(kind string) bool {
	return kind == "application/json" || kind == "text/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")
}
