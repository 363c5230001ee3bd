package pipelinefile

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/loaderline/loaderline/internal/plural"
)

// checkNamed checks a stage whose items stand under their keys.
func (d *decoder) checkNamed(key string, s *Stage) {
	switch _, has := d.file.positions[key+".key"]; {
	case has:
		d.fail(key+".key", "with response.named the names in the answer are the keys; remove one of the two")
	case len(s.By) > 1:
		d.fail(key+".response.named", "a name is one key, and by has %s; have the service answer with a list, and write the path of each part as key", plural.Count(len(s.By), "part"))
	}
}

// checkMissing refuses statuses that are not about keys, and statuses that the source classes as errors.
func (d *decoder) checkMissing(key string, s *Stage, source *Source) {
	for i, status := range s.Response.Missing {
		at := fmt.Sprintf("%s.response.missing[%d]", key, i)
		if !d.read(at) {
			continue
		}
		switch status {
		case http.StatusUnauthorized, http.StatusProxyAuthRequired:
			d.fail(at, "%d is about credentials, and not about keys; remove it", status)
		case http.StatusRequestTimeout, http.StatusMisdirectedRequest, http.StatusTooEarly, http.StatusTooManyRequests:
			d.fail(at, "%d passes when the call is tried again, so it says nothing about keys; remove it", status)
		}
		if class, both := source.Errors[strconv.Itoa(status)]; both {
			d.fail(at, "sources.%s.errors has %d as %s, and it cannot mean both; remove one of them", source.Name, status, class)
		}
	}
}

// checkCodes refuses codes that are no errors of a service.
func (d *decoder) checkCodes(key string, s *Source) {
	for _, status := range []int{http.StatusOK, http.StatusCreated, http.StatusNonAuthoritativeInfo, http.StatusNoContent} {
		if code := strconv.Itoa(status); s.Errors[code] != "" {
			d.fail(dotted(key, plainKey(code)), "%s is no error: an answer with this status is taken, and where it is empty the keys are missing; remove it", code)
		}
	}
}
