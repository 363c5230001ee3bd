package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/loaderline/loaderline/internal/backlog"
	"github.com/loaderline/loaderline/internal/figures"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/verdict"
)

// Status is what a process reports about itself. Nothing in it is a secret, an address or a key of an event.
type Status struct {
	Pipeline string   `json:"pipeline"`
	Instance string   `json:"instance"`
	Workers  []Worker `json:"workers"` // none before they start
	Sources  []Source `json:"sources"` // sources with a breaker, and sources that do not respond
	// Verdict says how the run is doing, in words.
	Verdict verdict.Verdict `json:"verdict"`
	// LastMinute is what was committed in the last minute.
	LastMinute figures.Window `json:"last_minute"`
	// Retries are the records that wait in retry topics until they are due; null if none do.
	Retries *Retries `json:"retries"`
	// Stalled says why nothing is committed though records wait; null if there is no stall.
	Stalled *backlog.Stall `json:"stalled"`
}

// Retries are records in retry topics.
type Retries struct {
	Waiting int64     `json:"waiting"` // offsets, so markers of transactions count
	NextDue time.Time `json:"next_due"`
}

// Worker is what one session's loop does.
type Worker struct {
	Worker int  `json:"worker"`
	Joined bool `json:"joined"`
	// Paused is the source that it waits for; empty where none.
	Paused     string    `json:"paused,omitempty"`
	LastActive time.Time `json:"turned"`
	// SlowBytes is how many bytes a second the brokers take, if that makes the worker take fewer records at once.
	SlowBytes int `json:"slow_bytes_per_second,omitempty"`
	// Assigned are its partitions, by topic.
	Assigned map[string][]int32 `json:"assigned"`
}

// Source is how the calls of a source go.
type Source struct {
	Name    string `json:"source"`
	Breaker string `json:"breaker,omitempty"` // closed, half_open or open; empty where there is none
	// FailingSince is since when unanswered calls are tried again; nil if all calls are answered.
	FailingSince *time.Time `json:"failing_since,omitempty"`
	Table        *Table     `json:"table,omitempty"` // of a source that is a topic
	File         *File      `json:"file,omitempty"`  // of a source that is a file
}

// File is the content that a source's file is served from.
type File struct {
	Rows     int        `json:"rows"`
	Bytes    int64      `json:"bytes"`
	Modified *time.Time `json:"modified,omitempty"`
	// Refused says why the latest content is not served; empty if it is.
	Refused string `json:"refused,omitempty"`
}

// NewFile returns a status as it is shown.
func NewFile(s lookupext.Served) *File {
	f := &File{Rows: s.Rows, Bytes: s.Bytes}
	if !s.Modified.IsZero() {
		f.Modified = &s.Modified
	}
	if s.Err != nil {
		f.Refused = s.Err.Error()
	}
	return f
}

// Table is how far a topic is read that is a table.
type Table struct {
	// Complete is false while the topic is read up to the end that it had at the start. Left and Total are the records of that.
	Complete bool  `json:"complete"`
	Left     int64 `json:"records_left"`
	Total    int64 `json:"records_total"`
	// Keys is left out if it is not known.
	Keys  *int64 `json:"keys,omitempty"`
	Bytes int64  `json:"bytes"`
	// Lag is how many records the topic has that are not in the table yet, and Behind for how many seconds that may have been so.
	Lag     int64   `json:"lag_records"`
	Behind  float64 `json:"behind_seconds"`
	Skipped uint64  `json:"skipped_records"`
}

// NewTable returns a status as it is shown.
func NewTable(s lookupext.TableStatus) *Table {
	t := &Table{
		Complete: !s.Waiting, Left: max(s.Behind, 0), Total: s.Total, Bytes: s.Bytes, Lag: s.Lag, Behind: s.Age(time.Now()).Seconds(), Skipped: s.Skipped,
	}
	if s.Keys >= 0 {
		t.Keys = &s.Keys
	}
	return t
}

// status returns the status of the process.
func status(of func() Status) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, of()) })
}

// statusTime bounds a question about the status.
const statusTime = 2 * time.Second

// AskStatus asks a pipeline for its status. On loopback this needs no token. Elsewhere the pipeline must first prove that it
// has the token; the token itself is not sent. The error is an *UnreachableError if nobody answers, an *UnprovenError, or an
// error about the answer.
func AskStatus(ctx context.Context, target Target) (Status, error) {
	var said Status
	address, err := local(target.Listen)
	if err != nil {
		return said, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/api/status", http.NoBody)
	if err != nil {
		return said, fmt.Errorf("ask %s: %w", address, err)
	}
	client := newClient(statusTime)
	if target.Token != "" && !isLoopback(target.Listen) {
		if err := prove(client, target, request, nil); err != nil {
			return said, err
		}
	}
	response, err := client.Do(request)
	if err != nil {
		return said, &UnreachableError{Address: address, Err: errors.Unwrap(err)}
	}
	if err := read(response, &said); err != nil {
		return said, fmt.Errorf("%s answers: %w", address, err)
	}
	return said, nil
}
