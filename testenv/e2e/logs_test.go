package e2e_test

import (
	"bytes"
	"context"
	"sync"
)

// logs is what a process prints.
type logs struct {
	mu      sync.Mutex
	text    []byte
	changed chan struct{}
}

func newLogs() *logs { return &logs{changed: make(chan struct{})} }

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	close(l.changed)
	l.changed = make(chan struct{})
	return len(p), nil
}

// await returns once a text was printed.
func (l *logs) await(ctx context.Context, text string) error {
	for {
		l.mu.Lock()
		found, changed := bytes.Contains(l.text, []byte(text)), l.changed
		l.mu.Unlock()
		if found {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (l *logs) tail() string {
	const most = 4000
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text[max(0, len(l.text)-most):])
}

// line is the first line that has a text; empty where none does.
func (l *logs) line(text string) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(l.text) {
		if bytes.Contains(line, []byte(text)) {
			return line
		}
	}
	return nil
}

// count is the number of times that a text was printed.
func (l *logs) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Count(l.text, []byte(text))
}

func (l *logs) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
