package pebblestore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
)

// Guard does what Pebble might panic in, or end the goroutine of.
func Guard(do func() error) error {
	done := make(chan error, 1)
	go func() {
		err := errors.New("pebble gave up")
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("pebble panicked: %v", p)
			}
			done <- err
		}()
		err = do()
	}()
	return <-done
}

// Logger receives what Pebble logs. Fatalf ends the goroutine that calls it, not the process.
type Logger struct {
	Log *slog.Logger
	// Fail is called with what would end the process.
	Fail func(error)
}

// Infof implements pebble.Logger.
func (Logger) Infof(string, ...any) {}

// Errorf implements pebble.Logger.
func (l Logger) Errorf(msg string, args ...any) {
	l.Log.LogAttrs(context.Background(), slog.LevelDebug, "pebble", slog.String("error", fmt.Sprintf(msg, args...)))
}

// Fatalf implements pebble.Logger.
func (l Logger) Fatalf(msg string, args ...any) {
	l.Fail(fmt.Errorf(msg, args...))
	runtime.Goexit()
}
