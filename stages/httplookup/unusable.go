package httplookup

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/loaderline/loaderline/internal/guardedhttp"
	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages"
)

// checkStatus says whether the status allows an answer. 201 and 203 have the content of a 200, and 204 has none.
func (l *httpLookup) checkStatus(response *http.Response) error {
	from := l.from
	switch status := response.StatusCode; status {
	case http.StatusOK, http.StatusCreated, http.StatusNonAuthoritativeInfo, http.StatusNoContent:
		return nil
	case http.StatusPartialContent:
		return l.unusableStatus(status, "a part of an answer does not say which keys are missing; have the service answer 200")
	case http.StatusMultiStatus:
		return l.unusableStatus(status, "have the service answer 200, and say by response.error where an item has its status")
	case http.StatusNotFound, http.StatusGone:
		return stages.WithClass(&serviceerr.Error{Status: fmt.Sprint(status), Message: fmt.Sprintf(
			"the service answered %s to %s: correct request.path, or write response: {missing: [%d]} if the service says so of unknown keys",
			guardedhttp.StatusText(status), from, status)}, stages.Fatal)
	default:
		if status/100 == 2 {
			return l.unusableStatus(status, "200 was expected")
		}
	}
	return nil
}

func (l *httpLookup) unusableStatus(status int, words string) error {
	return stages.WithClass(&serviceerr.Error{
		Status: fmt.Sprint(status), Message: fmt.Sprintf("the service answered %s to %s: %s", guardedhttp.StatusText(status), l.from, words),
	}, stages.Unusable)
}

// checkContent refuses an answer that cannot be read as UTF-8. The content type decides nothing else, since services send JSON as
// text too. kind is for the error about content that is not JSON. It is empty if the type is JSON's, or if there is none.
func (l *httpLookup) checkContent(header http.Header) (kind string, err error) {
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return "", serviceerr.Unusable("the answer to %s is compressed in a way that was not asked for: have the service send gzip or nothing", l.from)
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
	case serviceerr.IsWord(charset):
		return "", serviceerr.Unusable("the answer to %s is in %s: have the service answer in UTF-8", l.from, strings.ToUpper(charset))
	default:
		return "", serviceerr.Unusable("the answer to %s is not in UTF-8: have the service answer in it", l.from)
	}
	switch top, sub, _ := strings.Cut(kind, "/"); {
	case isJSONType(kind):
		return "", nil
	case !serviceerr.IsWord(top) || !serviceerr.IsWord(strings.NewReplacer("+", "", ".", "").Replace(sub)):
		return "not JSON's", nil
	}
	return kind, nil
}

func isJSONType(kind string) bool {
	return kind == "application/json" || kind == "text/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")
}
