package filelookup

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookuptable"
)

// readJSON adds the rows of a JSON or NDJSON file.
func (c *client) readJSON(content io.Reader, b *lookuptable.Builder) error {
	lines := &lineReader{from: content}
	r := jsonReader{client: c, lines: lines, decoder: jsontext.NewDecoder(lines), builder: b}
	if c.cfg.Format == NDJSON {
		return r.rows()
	}
	switch kind := r.decoder.PeekKind(); {
	case kind == '[':
		return r.inside(r.rows)
	case kind == '{' && slices.Equal(c.schema.Key(), []string{lookupext.KeyMember}):
		return r.inside(r.named)
	case kind == '{':
		return c.at(1, errors.New("the file is an object, which has each row under its key; write a list of rows, or leave out key"))
	default:
		if _, err := r.decoder.ReadToken(); err != nil {
			return r.explain(err)
		}
		return c.at(1, errors.New("the file is neither a list of objects nor an object"))
	}
}

// jsonReader reads rows from JSON.
type jsonReader struct {
	client  *client
	lines   *lineReader
	decoder *jsontext.Decoder
	builder *lookuptable.Builder
}

// inside reads the rows in a list or an object, which is all that there is.
func (r *jsonReader) inside(read func() error) error {
	if _, err := r.decoder.ReadToken(); err != nil {
		return r.explain(err)
	}
	if err := read(); err != nil {
		return err
	}
	if _, err := r.decoder.ReadToken(); err != nil {
		return r.explain(err)
	}
	switch _, err := r.decoder.ReadToken(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return r.explain(err)
	default:
		return r.client.at(r.line(), errors.New("there is more behind the end of the JSON; for one object a line write format: ndjson"))
	}
}

// rows reads rows up to the end of the list or the file.
func (r *jsonReader) rows() error {
	for {
		if r.decoder.PeekKind() == ']' {
			return nil
		}
		row, err := r.decoder.ReadValue()
		switch {
		case errors.Is(err, io.EOF) && r.decoder.StackDepth() == 0:
			return nil
		case err != nil:
			return r.explain(err)
		}
		if err := r.add(row, func(line int) error { return r.builder.AddObject(line, row) }); err != nil {
			return err
		}
	}
}

// named reads the members of an object.
func (r *jsonReader) named() error {
	for r.decoder.PeekKind() == '"' {
		name, err := r.decoder.ReadToken()
		if err != nil {
			return r.explain(err)
		}
		key := name.String()
		row, err := r.decoder.ReadValue()
		if err != nil {
			return r.explain(err)
		}
		if err := r.add(row, func(line int) error { return r.builder.AddNamed(line, key, row) }); err != nil {
			return err
		}
	}
	return nil
}

// add adds the row that was read last, with the line that it begins on.
func (r *jsonReader) add(row jsontext.Value, to func(line int) error) error {
	line := r.line() - bytes.Count(row, []byte{'\n'})
	if err := to(line); err != nil {
		return r.client.at(line, err)
	}
	return nil
}

// line returns the line of what was read last.
func (r *jsonReader) line() int { return r.lines.at(r.decoder.InputOffset()) }

// explain returns an error of the decoder with its line and nothing of the content.
func (r *jsonReader) explain(err error) error {
	if broken, ok := errors.AsType[*compressionError](err); ok {
		return broken
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		line, reason := r.lines.at(syntax.ByteOffset), "is not JSON"
		known, ok := errors.AsType[*jsondoc.SyntaxError](jsondoc.Explain(err, int(syntax.ByteOffset)))
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			reason = "ends before its JSON does"
		case ok && strings.HasSuffix(known.Reason, "invalid UTF-8"):
			reason = known.Error()
		case ok:
			reason = known.Brief()
		}
		return r.client.at(line, errors.New("the file "+reason))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return r.client.at(r.line(), errors.New("the file ends before its JSON does"))
	}
	return err
}

// lineReader knows the lines of the bytes that were read through it.
type lineReader struct {
	from io.Reader
	read int64
	line int     // the number of line ends before what is pending
	ends []int64 // offsets of the line ends that at has not passed
}

// Read implements io.Reader.
func (l *lineReader) Read(p []byte) (int, error) {
	n, err := l.from.Read(p)
	for i := 0; i < n; i++ {
		next := bytes.IndexByte(p[i:n], '\n')
		if next < 0 {
			break
		}
		i += next
		l.ends = append(l.ends, l.read+int64(i))
	}
	l.read += int64(n)
	return n, err
}

// at returns the line of an offset, which must not be before the offset of the last call.
func (l *lineReader) at(offset int64) int {
	passed := 0
	for passed < len(l.ends) && l.ends[passed] < offset {
		passed++
	}
	l.ends, l.line = l.ends[passed:], l.line+passed
	return l.line + 1
}
