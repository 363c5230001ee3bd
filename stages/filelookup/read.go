package filelookup

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/dustin/go-humanize"
	"github.com/klauspost/compress/zstd"

	"github.com/loaderline/loaderline/internal/lookuptable"
)

// fileError is why a file cannot be used. It shows nothing of the content.
type fileError struct {
	path string
	line int // 0: the whole file
	err  error
}

func (e *fileError) Error() string {
	if e.line == 0 {
		return fmt.Sprintf("%s: %v", e.path, e.err)
	}
	return fmt.Sprintf("%s:%d: %v", e.path, e.line, e.err)
}

func (e *fileError) Unwrap() error { return e.err }

// Code implements lookup.Error.
func (e *fileError) Code() string { return "" }

// errChanging says that a file was written to while it was read.
var errChanging = errors.New("the file changes while it is read")

// read reads the file. It returns errChanging, wrapped, if what it has read may be no whole version of the file. All errors are
// *fileErrors.
func (c *client) read(ctx context.Context) (_ *lookuptable.Rows, _ os.FileInfo, err error) {
	fail := func(err error) (*lookuptable.Rows, os.FileInfo, error) {
		return nil, nil, c.explain(err)
	}
	file, err := os.Open(c.cfg.Path)
	if err != nil {
		return fail(err)
	}
	defer func() { _ = file.Close() }() // It was read only.
	before, err := file.Stat()
	if err != nil {
		return fail(err)
	}
	rows, wrong := c.rows(ctx, file)
	after, err := os.Stat(c.cfg.Path)
	switch {
	case err != nil:
		return fail(err)
	case !same(before, after):
		return fail(errChanging)
	case wrong != nil:
		_, _, err := fail(wrong)
		return nil, before, err
	}
	return rows, before, nil
}

// explain returns an error as a *fileError.
func (c *client) explain(err error) error {
	if known, ok := errors.AsType[*fileError](err); ok {
		return known
	}
	if path, ok := errors.AsType[*os.PathError](err); ok {
		err = path.Err // Its path is in the fileError already.
	}
	return &fileError{path: c.cfg.Path, err: err}
}

// rows reads the rows of a file.
func (c *client) rows(ctx context.Context, file io.Reader) (*lookuptable.Rows, error) {
	plain, end, err := decompressed(&bounded{ctx: ctx, from: file, left: math.MaxInt64})
	if err != nil {
		return nil, err
	}
	defer end()
	content := &bounded{ctx: ctx, from: plain, left: c.cfg.MaxBytes + 1}
	b := c.schema.NewBuilder(c.cfg.MaxBytes)
	if c.cfg.Format == CSV {
		err = c.readCSV(content, b)
	} else {
		err = c.readJSON(content, b)
	}
	switch {
	case content.left <= 0 || errors.Is(err, lookuptable.ErrTooLarge):
		return nil, fmt.Errorf("the file or its rows take more than %s; raise max_bytes", humanize.IBytes(uint64(c.cfg.MaxBytes)))
	case err != nil:
		return nil, err
	}
	return b.Rows(), nil
}

// bounded reads so many bytes at most, for as long as a context lasts.
type bounded struct {
	ctx  context.Context //nolint:containedctx // Of the one call that reads.
	from io.Reader
	left int64
}

// Read implements io.Reader. Behind the last byte the file ends.
func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.left <= 0 {
		return 0, io.EOF
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// decompressed returns the content of a file without its compression and its byte order mark. end frees what that takes.
func decompressed(file io.Reader) (_ io.Reader, end func(), err error) {
	raw := bufio.NewReaderSize(file, 64<<10)
	plain, end := raw, func() {}
	begin, err := raw.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(begin, []byte{0x1f, 0x8b}):
		gz, err := gzip.NewReader(raw)
		if err != nil {
			return nil, nil, fmt.Errorf("gzip: %w", err)
		}
		plain = bufio.NewReader(named{"gzip", gz})
	case bytes.Equal(begin, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		zs, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, nil, fmt.Errorf("zstd: %w", err)
		}
		plain, end = bufio.NewReader(named{"zstd", zs}), zs.Close
	}
	if mark, err := plain.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = plain.Discard(len(mark))
	}
	return plain, end, nil
}

// named names the compression in errors.
type named struct {
	compression string
	from        io.Reader
}

func (n named) Read(p []byte) (int, error) {
	read, err := n.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &compressionError{n.compression, err}
	}
	return read, err
}

// compressionError is what is wrong with compressed bytes.
type compressionError struct {
	compression string
	err         error
}

func (e *compressionError) Error() string { return fmt.Sprintf("%s: %v", e.compression, e.err) }
func (e *compressionError) Unwrap() error { return e.err }

// same reports whether nothing shows that a file has changed between two looks at it.
func same(a, b os.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
