package deadletter

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"github.com/itchyny/gojq"
)

// ServeFix runs the program of a Fix if this process was started for it, and then returns true. Otherwise it returns false
// at once. Call it first in main, and end the process if it returns true.
func ServeFix() bool {
	if os.Getenv(fixMark) == "" {
		return false
	}
	signal.Ignore(os.Interrupt) // The parent decides.
	if err := serveFix(os.Stdin, os.Stdout); !errors.Is(err, io.EOF) {
		fmt.Fprintln(os.Stderr, err)
	}
	return true
}

// serveFix does tasks until there are no more, which is io.EOF.
func serveFix(from io.Reader, to io.Writer) error {
	tasks, done := gob.NewDecoder(from), gob.NewEncoder(to)
	var start fixStart
	if err := tasks.Decode(&start); err != nil {
		return err
	}
	debug.SetMemoryLimit(int64(start.Limits.Memory / 2))
	if err := limitMemory(start.Limits.Memory); err != nil {
		return fmt.Errorf("limit its memory: %w", err)
	}
	code, err := compileFix(start.Program)
	if err != nil {
		return err
	}
	if err := done.Encode(true); err != nil {
		return err
	}
	for {
		var task fixTask
		if err := tasks.Decode(&task); err != nil {
			return err
		}
		if err := done.Encode(task.run(code, start.Limits.Time)); err != nil {
			return err
		}
	}
}

func (t fixTask) run(code *gojq.Code, most time.Duration) fixDone {
	payload, err := t.fixed(code, most)
	switch {
	case errors.Is(err, ErrNotFixed):
		return fixDone{Left: true}
	case err != nil:
		return fixDone{Problem: err.Error()}
	}
	return fixDone{Payload: payload}
}

func (t fixTask) fixed(code *gojq.Code, most time.Duration) ([]byte, error) {
	input, err := t.input()
	if err != nil {
		return nil, err
	}
	var key any
	if !t.NoKey {
		key = string(t.Key)
	}
	headers := map[string]any{}
	for name, value := range t.Headers {
		headers[name] = value
	}
	// The parent ends this process then. Where that is gone, too, the program ends by itself.
	ctx, cancel := context.WithTimeout(context.Background(), 2*most)
	defer cancel()
	results := code.RunWithContext(ctx, input, key, headers)
	result, ok := results.Next()
	if !ok {
		return nil, ErrNotFixed
	}
	if err, failed := result.(error); failed {
		return nil, fmt.Errorf("the fix fails: %w", err)
	}
	if another, more := results.Next(); more {
		if err, failed := another.(error); failed {
			return nil, fmt.Errorf("the fix fails: %w", err)
		}
		return nil, errors.New("the fix returns more than one value, and a record has one")
	}
	payload, err := gojq.Marshal(result)
	switch {
	case err != nil:
		return nil, fmt.Errorf("write the result of the fix: %w", err)
	case len(payload) > fixBytes:
		return nil, fmt.Errorf("the fix returns %d bytes for it, more than the limit of %d MiB", len(payload), fixBytes>>20)
	}
	return payload, nil
}

// input is the payload as a jq program sees it.
func (t fixTask) input() (any, error) {
	if t.Absent {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(t.Payload))
	d.UseNumber()
	var input any
	if err := d.Decode(&input); err == nil {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return input, nil
		}
	}
	if !utf8.Valid(t.Payload) {
		return nil, errors.New("the payload is neither JSON nor text, so there is nothing to fix")
	}
	return string(t.Payload), nil
}
