package sink

import (
	"fmt"
	"strings"
	"time"
)

// Kind is why a record could not be enriched.
type Kind string

// The kinds of failure, as loaderline.error.kind has them.
const (
	KindDecode   Kind = "decode"    // The event could not be read.
	KindKey      Kind = "key"       // A key cannot be looked up.
	KindMissing  Kind = "missing"   // A key was not found.
	KindLookup   Kind = "lookup"    // A lookup failed.
	KindEncode   Kind = "encode"    // The outcome could not be written.
	KindTooLarge Kind = "too_large" // The outcome does not fit its topic.
)

// Failure says why a record is dead-lettered. The message is published, so it must not contain SQL text, addresses or
// credentials.
//
//nolint:errname // A failure is first a value in a result, and an error second.
type Failure struct {
	Kind Kind
	// Stage is the stage that failed; empty if no stage did.
	Stage string
	// Code is the source's error code, such as an SQLSTATE or an HTTP status.
	Code    string
	Message string
	// Attempts is how often it was tried; zero means once.
	Attempts int
	// Transient reports whether another attempt may succeed. Such an event goes to the retry topics first, if there are any.
	Transient bool
	// FirstAt and LastAt are the times of the first and the last attempt; zero means the time when the record is
	// dead-lettered.
	FirstAt time.Time
	LastAt  time.Time
}

// Error implements error.
func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString(string(f.Kind))
	if f.Stage != "" {
		fmt.Fprintf(&b, " in stage %s", f.Stage)
	}
	if f.Code != "" {
		fmt.Fprintf(&b, " (%s)", f.Code)
	}
	b.WriteString(": ")
	b.WriteString(f.Message)
	return b.String()
}
