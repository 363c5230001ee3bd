package pipelinefile

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// checkOne checks a stage whose requests have one key each.
func (c *checker) checkOne(key string, s *Stage, source *Source) {
	for _, no := range []struct{ key, reason string }{
		{".request.param", "is for many keys, and one: true asks for one; write the key into the path, as in path: /users?id=$key"},
		{".request.separator", "is for many keys, and one: true asks for one; remove it"},
		{".response.items", "leads to the items of many keys, and with one: true the response is the item; write value if the result is within it"},
		{".response.named", "is for many keys, and with one: true the response is the item; remove it"},
		{".key", "names the key in an item, and with one: true the response needs no key; remove it"},
	} {
		if c.Has(key + no.key) {
			c.Fail(key+no.key, "%s", no.reason)
		}
	}
	if !c.Has(key+".request.method") && s.Request.Body == "" {
		s.Request.Method = MethodGet
	}
	for _, status := range []int{http.StatusNotFound, http.StatusGone} {
		if class, both := source.Errors[strconv.Itoa(status)]; both {
			c.Fail(key+".request.one", "with it %d means that the key is missing, and sources.%s.errors has %d as %s; remove one of the two", status, source.Name, status, class)
		}
	}
	switch at := key + ".request"; {
	case c.FailedBelow(at):
	case s.Request.Method == MethodGet && s.Request.Body != "":
		c.Fail(at+".body", "a GET has no body; write the key into the path, as in path: /users/$key, or method: POST")
	case !strings.Contains(s.Request.Path+s.Request.Body, "$key"):
		c.Fail(at+".one", "nothing says where the key goes; write $key into the path, as in path: /users/$key")
	default:
		if c.Has(at + ".path") {
			at += ".path"
		} else {
			at += ".body"
		}
		c.checkPlaceholders(at, s.Request.Path+" "+s.Request.Body, s)
	}
}

// checkNamed checks a stage whose items stand under their keys.
func (c *checker) checkNamed(key string, s *Stage) {
	switch {
	case c.Has(key + ".key"):
		c.Fail(key+".key", "with response.named the names in the answer are the keys; remove one of the two")
	case len(s.By) > 1:
		c.Fail(key+".response.named", "a name is one key, and by has %s; have the service answer with a list, and write the path of each part as key", plural.Count(len(s.By), "part"))
	}
}

// checkMissing refuses statuses that are not about keys, and statuses that the source classes as errors.
func (c *checker) checkMissing(key string, s *Stage, source *Source) {
	for i, status := range s.Response.Missing {
		at := fmt.Sprintf("%s.response.missing[%d]", key, i)
		if !c.Valid(at) {
			continue
		}
		switch status {
		case http.StatusUnauthorized, http.StatusProxyAuthRequired:
			c.Fail(at, "%d is about credentials, and not about keys; remove it", status)
		case http.StatusRequestTimeout, http.StatusMisdirectedRequest, http.StatusTooEarly, http.StatusTooManyRequests:
			c.Fail(at, "%d passes when the call is tried again, so it says nothing about keys; remove it", status)
		}
		if class, both := source.Errors[strconv.Itoa(status)]; both {
			c.Fail(at, "sources.%s.errors has %d as %s, and it cannot mean both; remove one of them", source.Name, status, class)
		}
	}
}

// checkCodes refuses codes that are no errors of a service.
func (c *checker) checkCodes(key string, s *Source) {
	for _, status := range []int{http.StatusOK, http.StatusCreated, http.StatusNonAuthoritativeInfo, http.StatusNoContent} {
		if code := strconv.Itoa(status); s.Errors[code] != "" {
			c.Fail(strictyaml.JoinKey(key, code), "%s is not an error: a response with this status is read, and if it is empty the keys are missing; remove it", code)
		}
	}
}
