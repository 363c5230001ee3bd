package guardedhttp

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/safeerr"
)

// Words says why there is no answer, without the addresses that network errors name. who is whose answer it would have been, such
// as "the service".
func Words(err error, who string) string {
	if errors.Is(err, ErrBlocked) {
		return "the name of " + who + " leads to an address that is link-local or a metadata service"
	}
	words := "the connection to " + who + " was lost"
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" || isUntrusted(err) {
		words = "cannot connect to " + who
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return "cannot connect to " + who + ": it does not speak TLS"
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return words + " before the end of the answer"
	}
	switch reason := safeerr.Reason(err); reason {
	case "":
		return words
	case safeerr.NoAnswer:
		return who + " did not answer in time"
	default:
		return words + ": " + reason
	}
}

func isUntrusted(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

// StatusText is a status with its words: 404 Not Found.
func StatusText(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}

// RetryAfter returns for how long an answer asks to be left alone, at most a day: seconds, or a date, which is compared with the
// service's own clock if the answer has that. It is 0 if the answer does not ask.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	const most = 24 * time.Hour
	text := strings.TrimSpace(header.Get("Retry-After"))
	seconds, err := strconv.ParseUint(text, 10, 63)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(most/time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), most)
}
