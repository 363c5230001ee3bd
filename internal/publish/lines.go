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

// Lines yields the lines of in that are not empty and not longer than limit, without their ends, until there are no more, an
// error, which is a *LineError, or the end of ctx.
func Lines(ctx context.Context, in io.Reader, limit int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		ended := make(chan struct{})
		defer close(ended)
		for l := range newLines(in, limit).all(ctx, ended) {
			if !yield(l.text, l.err) {
				return
			}
		}
	}
}

// lines reads lines of bounded length, each into its own memory.
type lines struct {
	in     *bufio.Reader
	limit  int
	number int64 // of the line read last
	read   int64 // bytes so far
	over   bool  // a read has failed
}

// line is one line that is not empty, without its line feed, or what is wrong with it.
type line struct {
	text   []byte
	number int64
	read   int64 // bytes so far
	err    error // why it cannot be published; an *endError where nothing can be read behind it
}

// endError says that no more can be read.
type endError struct{ err error }

func (e *endError) Error() string { return fmt.Sprintf("read it: %v", e.err) }
func (e *endError) Unwrap() error { return e.err }

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
	if l.over {
		return line{}, false
	}
	for {
		text, err := l.line()
		switch _, ended := errors.AsType[*endError](err); {
		case errors.Is(err, io.EOF):
			return line{}, false
		case err != nil:
			l.over = ended
			return line{number: l.number, read: l.read, err: err}, true
		case len(bytes.TrimSuffix(text, []byte("\r"))) > 0:
			return line{text: text, number: l.number, read: l.read}, true
		}
	}
}

// line reads one line, and past one that is too long without keeping it. Its error is io.EOF, an *endError, or what is
// wrong with the line.
func (l *lines) line() ([]byte, error) {
	l.number++
	var line []byte
	size := 0
	for {
		part, err := l.in.ReadSlice('\n')
		l.read += int64(len(part))
		size += len(bytes.TrimSuffix(part, []byte("\n")))
		if size <= l.limit {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && size == 0:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, &endError{err}
		case size > l.limit:
			return nil, fmt.Errorf("it has %d bytes, and the topic takes %d", size, l.limit)
		default:
			return bytes.TrimSuffix(line, []byte("\n")), nil
		}
	}
}
