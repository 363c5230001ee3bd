package sink

import (
	"fmt"
	"strings"
	"time"
)

// Kind is why a record could not be enriched.
type Kind string

// The kinds of failure, as they stand in loaderline.error.kind.
const (
	KindDecode   Kind = "decode"    // The event could not be read.
	KindKey      Kind = "key"       // A key cannot be looked up.
	KindMissing  Kind = "missing"   // A key was not found.
	KindLookup   Kind = "lookup"    // A lookup failed.
	KindEncode   Kind = "encode"    // The outcome could not be written.
	KindTooLarge Kind = "too_large" // The outcome does not fit its topic.
)

// Failure is why one record is dead-lettered. The message is published: it
// must hold no SQL text, addresses or credentials.
//
//nolint:errname // A failure is first a value in a result, and an error second.
type Failure struct {
	Kind Kind
	// Stage is where it failed; empty outside of the stages.
	Stage string
	// Code is the source's own: an SQLSTATE or an HTTP status.
	Code    string
	Message string
	// Attempts is how often it was tried; zero means once.
	Attempts int
	// Transient says that another try may succeed: such an event goes to the
	// retry topics first, where there are some.
	Transient bool
	// FirstAt and LastAt are the times of the first and the last attempt;
	// zero means the time of death.
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
