package httplookup

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/loaderline/loaderline/stages/lookup"
)

// parseHeader checks names and values without quoting a value.
func parseHeader(fields map[string]lookup.Secret) (http.Header, error) {
	header := http.Header{
		"Accept":     {"application/json"},
		"User-Agent": {"loaderline"},
		// Lookups are reads: the transport may repeat one on a new connection. Without a value it is not sent.
		"X-Idempotency-Key": {},
	}
	var errs []error
	for name, secret := range fields {
		value := string(secret)
		canonical := http.CanonicalHeaderKey(name)
		switch canonical {
		case "Host", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Accept-Encoding", "Connection",
			"Keep-Alive", "Te", "Trailer", "Upgrade", "Expect", "Range":
			errs = append(errs, fmt.Errorf("the header %s cannot be set: it belongs to the connection", canonical))
			continue
		}
		switch {
		case name == "" || strings.ContainsFunc(name, isNoToken):
			errs = append(errs, fmt.Errorf("%q is not a name of a header", name))
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
			errs = append(errs, fmt.Errorf("the header %s holds a control character, such as the end of a line", canonical))
		default:
			header[canonical] = []string{value}
		}
	}
	return header, errors.Join(errs...)
}

// isNoToken reports whether a character is not one that names of headers are made of.
func isNoToken(r rune) bool {
	alphanumeric := r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	return !alphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}
