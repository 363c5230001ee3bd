package httplookup

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/loaderline/loaderline/internal/guardedhttp"
	"github.com/loaderline/loaderline/internal/lookupanswer"
	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages"
)

// statusClass is whose fault a status is. That of a success is not asked for.
func statusClass(status int) stages.Class {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusMisdirectedRequest:
		return stages.Transient
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotAcceptable,
		http.StatusProxyAuthRequired, http.StatusGone, http.StatusUnsupportedMediaType:
		return stages.Fatal
	}
	switch status / 100 {
	case 3:
		return stages.Fatal
	case 4:
		return stages.Permanent
	}
	return stages.Transient
}

// defaultRest is for services that say 429 and not for how long. It must not be 0: nothing that is asked right behind a 429
// tells whether a key is at fault.
const defaultRest = time.Second

// statusError is the error of an answer that is not 200, classified.
func statusError(response *http.Response, now time.Time) error {
	status := response.StatusCode
	e := &serviceerr.Error{Status: strconv.Itoa(status), Message: "the service answered " + guardedhttp.StatusText(status)}
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		e.Rest = guardedhttp.RetryAfter(response.Header, now)
	}
	switch {
	case e.Rest > 0:
		e.Message += fmt.Sprintf(" and asks to be left alone for %v", e.Rest)
	case status == http.StatusTooManyRequests:
		e.Rest = defaultRest
	case status/100 == 3:
		e.Message += ", a redirect: configure the url that it leads to"
	}
	return classified(e, statusClass(status))
}

// itemStatus is what the error of an item means that is a status.
func itemStatus(word string) (lookupanswer.Status, bool) {
	status, err := strconv.Atoi(word)
	switch {
	case err != nil || status < 100 || status > 599:
		return lookupanswer.Status{}, false
	case status/100 == 2:
		return lookupanswer.Status{}, true
	case status == http.StatusNotFound || status == http.StatusGone:
		return lookupanswer.Status{Missing: true}, true
	}
	e := &serviceerr.Error{Status: word, Message: "the service answered " + guardedhttp.StatusText(status) + " for this key"}
	if statusClass(status) == stages.Transient {
		return lookupanswer.Status{Err: e}, true
	}
	return lookupanswer.Status{Err: stages.WithClass(e, stages.Permanent)}, true
}

// classified is e in a class. Errors are transient unless they say otherwise.
func classified(e *serviceerr.Error, class stages.Class) error {
	if class == stages.Transient {
		return e
	}
	return stages.WithClass(e, class)
}
