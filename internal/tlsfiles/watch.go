package tlsfiles

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// EndedError says that a certificate is past its end.
type EndedError struct {
	// Key is the setting that names the file, such as kafka.tls.cert.
	Key string
	// File is the certificate's file; empty if it is not known.
	File string
	// NotAfter is when it ended.
	NotAfter time.Time
}

// Error implements error.
func (e *EndedError) Error() string {
	where := ""
	if e.File != "" {
		where = " in " + e.File
	}
	return fmt.Sprintf("%s: the certificate%s ended at %s; put a renewed one into the file", e.Key, where, e.NotAfter.UTC().Format(time.RFC3339))
}

// Watch learns what happens to the TLS files of a process. A nil Watch ignores it. It is safe for concurrent use.
type Watch struct {
	log   *slog.Logger
	once  sync.Once
	ended chan struct{}
	err   error // set before ended is closed
}

// NewWatch makes a Watch that logs to a logger.
func NewWatch(log *slog.Logger) *Watch { return &Watch{log: log, ended: make(chan struct{})} }

// Ended is closed when a connection needed a certificate that is past its end. It is nil, and so never closed, for a nil Watch.
func (w *Watch) Ended() <-chan struct{} {
	if w == nil {
		return nil
	}
	return w.ended
}

// Err returns the *EndedError that closed Ended, or nil.
func (w *Watch) Err() error {
	select {
	case <-w.Ended():
		return w.err
	default:
		return nil
	}
}

func (w *Watch) end(err error) {
	if w != nil {
		w.once.Do(func() {
			w.err = err
			close(w.ended)
		})
	}
}

func (w *Watch) logger() *slog.Logger {
	if w == nil || w.log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return w.log
}
