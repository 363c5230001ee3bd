package publish

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
)

// lines reads lines of bounded length, each into memory of its own.
type lines struct {
	in     *bufio.Reader
	limit  int
	number int64 // of the line read last
	read   int64 // bytes so far
}

// line is one line that is not empty, without its line feed, or why it could not be read.
type line struct {
	text   []byte
	number int64
	read   int64 // bytes so far
	err    error // a *LineError
}

func newLines(in io.Reader, limit int) *lines {
	return &lines{in: bufio.NewReaderSize(in, 64<<10), limit: limit}
}

// all yields the lines until their end, an error or the end of ctx. A read that blocks then, as on a terminal, is left
// behind: there is no other way out of it. ended is closed when the caller is done.
func (l *lines) all(ctx context.Context, ended <-chan struct{}) iter.Seq[line] {
	ahead := make(chan line, 64)
	go func() {
		defer close(ahead)
		for {
			next, more := l.next()
			if !more {
				return
			}
			select {
			case ahead <- next:
			case <-ended:
				return
			}
			if next.err != nil {
				return
			}
		}
	}()
	return func(yield func(line) bool) {
		for {
			select {
			case <-ctx.Done():
				return
			case next, more := <-ahead:
				if !more || !yield(next) {
					return
				}
			}
		}
	}
}

// next is the next line that is not empty.
func (l *lines) next() (next line, more bool) {
	for {
		text, err := l.line()
		switch {
		case errors.Is(err, io.EOF):
			return line{}, false
		case err != nil:
			return line{err: err}, true
		case len(bytes.TrimSuffix(text, []byte("\r"))) > 0:
			return line{text: text, number: l.number, read: l.read}, true
		}
	}
}

// line reads one line. Its error is io.EOF or a *LineError.
func (l *lines) line() ([]byte, error) {
	var line []byte
	for {
		part, err := l.in.ReadSlice('\n')
		l.read += int64(len(part))
		line = append(line, part...)
		switch {
		case len(line) > l.limit+1:
			return nil, &LineError{Line: l.number + 1, Err: fmt.Errorf("it is longer than the %d bytes that the topic takes", l.limit)}
		case err == nil:
			l.number++
			return line[:len(line)-1], nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			l.number++
			return line, nil
		case errors.Is(err, io.EOF):
			return nil, io.EOF
		default:
			return nil, &LineError{Line: l.number + 1, Err: fmt.Errorf("read it: %w", err)}
		}
	}
}
