package deadletter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/itchyny/gojq"
)

// fixBytes is the most bytes of a payload, before and after a fix.
const fixBytes = 16 << 20

// FixLimits bound the fix of one dead letter. Zero values are the defaults.
type FixLimits struct {
	// Time is the longest that the program may take. Defaults to 5 seconds.
	Time time.Duration
	// Memory is how many bytes the program's process may map beyond what it has at its start. Defaults to 512 MiB.
	Memory uint64
}

func (l FixLimits) withDefaults() FixLimits {
	return FixLimits{Time: cmp.Or(l.Time, 5*time.Second), Memory: cmp.Or(l.Memory, 512<<20)}
}

// ErrNotFixed says that a fix has no result for a dead letter, which therefore stays as it is.
var ErrNotFixed = errors.New("the fix returns no value for it")

// Fix is a jq program that transforms a payload. The program runs in a separate process, since one operation of jq
// can take any time and memory, and nothing else can end it. It is safe for concurrent use. Close it.
type Fix struct {
	start fixStart

	mu     sync.Mutex
	worker *fixWorker // nil: not started, or ended
}

// ParseFix reads a jq program. Its input is the payload as JSON, or as a string where it is not JSON; $key is the record's
// key as a string, or null, and $headers the dead letter's headers as an object of strings. It sees neither files nor the
// environment. The program runs in a process of this executable, whose main calls ServeFix.
func ParseFix(program string, limits FixLimits) (*Fix, error) {
	if _, err := compileFix(program); err != nil {
		return nil, fmt.Errorf("this is not a jq program: %w", err)
	}
	return &Fix{start: fixStart{Program: program, Limits: limits.withDefaults()}}, nil
}

func compileFix(program string) (*gojq.Code, error) {
	query, err := gojq.Parse(program)
	if err != nil {
		return nil, err
	}
	return gojq.Compile(query, gojq.WithVariables([]string{"$key", "$headers"}))
}

// Close ends the process. The Fix may be used again, and then has to be closed again.
func (f *Fix) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end()
}

func (f *Fix) end() {
	if f.worker != nil {
		f.worker.end()
		f.worker = nil
	}
}

// apply is the payload that the program makes of a dead letter's record. Numbers that it does not touch keep their digits, and
// the fields of an object are sorted.
func (f *Fix) apply(ctx context.Context, l Letter, payload []byte) ([]byte, error) {
	if len(payload) > fixBytes {
		return nil, fmt.Errorf("the payload has %d bytes, and a fix takes %d MiB at most", len(payload), fixBytes>>20)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.worker == nil {
		worker, err := startFix(f.start)
		if err != nil {
			return nil, fmt.Errorf("start the process of the fix: %w", err)
		}
		f.worker = worker
	}
	task := fixTask{Payload: payload, Absent: payload == nil, Key: l.Record.Key, NoKey: l.Record.Key == nil, Headers: map[string]string{}}
	for _, h := range l.Record.Headers {
		task.Headers[h.Key] = string(h.Value)
	}
	done, err := f.worker.do(ctx, task)
	switch {
	case err != nil:
		f.end()
		return nil, err
	case done.Left:
		return nil, ErrNotFixed
	case done.Problem != "":
		return nil, errors.New(done.Problem)
	}
	return done.Payload, nil
}
