package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/loaderline/loaderline/internal/safeerr"
	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/stages"
)

// The kinds of errors, for errors.Is.
var (
	// ErrAway says that no URL of the registry answers, or that it says itself that it does not work now. Waiting helps.
	ErrAway = errors.New("the registry is away")
	// ErrUnauthorized says that the registry refuses the user.
	ErrUnauthorized = errors.New("the registry refuses the user")
	// ErrWrongURL says that the URL is not that of a registry.
	ErrWrongURL = errors.New("the URL is not that of a registry")
	// ErrUnusable says that a response cannot be read, although the registry works.
	ErrUnusable = errors.New("the response cannot be used")
	// ErrUnknownID says that the registry has no schema of an ID.
	ErrUnknownID = errors.New("the registry does not know the schema ID")
	// ErrUnknownSubject says that the registry has no such subject.
	ErrUnknownSubject = errors.New("the registry does not know the subject")
	// ErrUnknownVersion says that a subject has no such version.
	ErrUnknownVersion = errors.New("the subject has no such version")
	// ErrUnknownSchema says that a schema is not registered under a subject.
	ErrUnknownSchema = errors.New("the schema is not registered")
	// ErrIncompatible says that a schema is not compatible with those that its subject has.
	ErrIncompatible = errors.New("the schema is not compatible")
	// ErrInvalid says that the registry does not accept a schema or another part of a request.
	ErrInvalid = errors.New("the registry does not accept the request")
)

// registryError is an error of a kind, with its own text.
type registryError struct {
	kind    error
	message string
	status  int // 0: there was no response
	cause   error
}

func (e *registryError) Error() string { return e.message }

// Unwrap returns the kind, and the error of net/http.
func (e *registryError) Unwrap() []error {
	if e.cause == nil {
		return []error{e.kind}
	}
	return []error{e.kind, e.cause}
}

// RetryAfter returns the pause that a registry wants that has too many requests. A stages.Backend obeys it.
func (e *registryError) RetryAfter() time.Duration {
	if e.status == http.StatusTooManyRequests {
		return time.Second
	}
	return 0
}

// classes are the classes of the kinds that are not Permanent.
var classes = map[error]stages.Class{
	ErrAway: stages.Transient, ErrUnusable: stages.Unusable, ErrUnauthorized: stages.Fatal, ErrWrongURL: stages.Fatal,
}

// classified gives an error the class of its kind.
func classified(e *registryError) error {
	class, is := classes[e.kind]
	if !is {
		class = stages.Permanent
	}
	return stages.WithClass(e, class)
}

// statusError is the error of a response that is not a success.
func statusError(u *url.URL, r *sr.ResponseError) error {
	e := &registryError{status: r.StatusCode}
	begin := fmt.Sprintf("registry %s answered %s", u.Host, statusText(r.StatusCode))
	said := quoted(r.Message)
	switch {
	case r.StatusCode == http.StatusUnauthorized, r.StatusCode == http.StatusForbidden:
		e.kind, e.message = ErrUnauthorized, begin+said+"; check registry.basic, registry.token or registry.tls, and what the user may do"
	case r.StatusCode == http.StatusRequestTimeout, r.StatusCode == http.StatusTooEarly, r.StatusCode == http.StatusTooManyRequests, r.StatusCode >= 500:
		e.kind, e.message = ErrAway, begin+said
	case r.StatusCode == http.StatusConflict:
		e.kind, e.message = ErrIncompatible, begin+said
	case notFound[r.ErrorCode] != nil:
		e.kind, e.message = notFound[r.ErrorCode], begin+said
	case r.StatusCode == http.StatusNotFound, r.StatusCode == http.StatusMethodNotAllowed, r.StatusCode == http.StatusGone, r.StatusCode/100 == 3:
		e.kind = ErrWrongURL
		e.message = begin + ", which is not how a registry answers; check the path of registry.url (that of Apicurio ends with /apis/ccompat/v7)"
	default:
		e.kind, e.message = ErrInvalid, begin+said
	}
	return classified(e)
}

// notFound are the kinds of a registry's codes for what it does not have. A 404 without one of them comes from something else.
var notFound = map[int]error{
	sr.ErrSubjectNotFound.Code:          ErrUnknownSubject,
	sr.ErrSubjectSoftDeleted.Code:       ErrUnknownSubject,
	sr.ErrVersionNotFound.Code:          ErrUnknownVersion,
	sr.ErrSchemaVersionSoftDeleted.Code: ErrUnknownVersion,
	sr.ErrSchemaNotFound.Code:           ErrUnknownSchema,
}

// connectionError is the error of a request that was not answered, or not to the end. ctx is the caller's.
func connectionError(ctx context.Context, u *url.URL, err error) error {
	e := &registryError{kind: ErrAway, cause: err}
	redirect, redirected := errors.AsType[*redirectError](err)
	ended, hasEnded := errors.AsType[*tlsfiles.EndedError](err)
	op, isOp := errors.AsType[*net.OpError](err)
	switch reason := safeerr.Reason(err); {
	case ctx.Err() != nil:
		return fmt.Errorf("registry %s: %w", u.Host, context.Cause(ctx))
	case redirected:
		e.kind, e.message = ErrWrongURL, fmt.Sprintf("registry %s redirects to %s; set registry.url to the URL that it leads to", u.Host, redirect.to)
	case errors.Is(err, errTooLarge):
		e.kind, e.message = ErrUnusable, fmt.Sprintf("registry %s: %v", u.Host, errTooLarge)
	case hasEnded:
		e.message = ended.Error()
	case isOp && op.Op == "remote error": // An alert of TLS, such as that for a certificate that the server does not trust.
		e.message = fmt.Sprintf("registry %s refuses the TLS connection: %v; check registry.tls", u.Host, op.Err)
	case errors.Is(err, http.ErrSchemeMismatch):
		e.message = fmt.Sprintf("registry %s does not speak TLS; check whether registry.url begins with http:// or https://", u.Host)
	case reason != "":
		e.message = fmt.Sprintf("registry %s: %s", u.Host, reason)
	default:
		e.message = fmt.Sprintf("registry %s: the connection was lost", u.Host)
	}
	return classified(e)
}

// bodyError is the error of a success that does not hold what it should.
func bodyError(u *url.URL, body []byte, err error) error {
	e := &registryError{kind: ErrUnusable, cause: err, message: fmt.Sprintf("registry %s: the response is not the JSON that a registry sends: %v", u.Host, err)}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		e.kind, e.message = ErrWrongURL, fmt.Sprintf("registry %s answered with a page of HTML; check registry.url", u.Host)
	}
	return classified(e)
}

// awayError is the error of a registry none of whose URLs answers.
func awayError(errs []error) error {
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = err.Error()
	}
	return &registryError{kind: ErrAway, cause: errors.Join(errs...), message: strings.Join(texts, "; ")}
}

func statusText(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}

// quoted is what a registry said, as the end of a sentence: on one line and not too long.
func quoted(message string) string {
	const most = 600
	line := strings.Join(strings.FieldsFunc(message, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + " …"
	}
	if line == "" {
		return ""
	}
	return ": " + line
}
