package filelookup

import (
	"encoding/csv"
	"errors"
	"io"

	"github.com/loaderline/loaderline/internal/lookuptable"
)

// readCSV adds the rows of a CSV file.
func (c *client) readCSV(content io.Reader, b *lookuptable.Builder) error {
	r := csv.NewReader(content)
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = c.delimiter, -1, true
	add := func(_ int, names []string) error { return b.Header(names) }
	for first := true; ; first = false {
		texts, err := r.Read()
		switch {
		case errors.Is(err, io.EOF) && first:
			return &fileError{path: c.cfg.Path, err: errors.New("the file is empty; its first line has the names of the columns")}
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return c.explainCSV(err)
		}
		line, _ := r.FieldPos(0)
		if err := add(line, texts); err != nil {
			return c.at(line, err)
		}
		add = b.AddText
	}
}

// explainCSV returns an error of the library with the line.
func (c *client) explainCSV(err error) error {
	wrong, ok := errors.AsType[*csv.ParseError](err)
	if !ok {
		return err
	}
	switch {
	case errors.Is(wrong.Err, csv.ErrBareQuote):
		err = errors.New(`there is a quote in a column that does not begin with one; put the column in quotes and write "" for the quote`)
	case errors.Is(wrong.Err, csv.ErrQuote) && wrong.StartLine < wrong.Line:
		return c.at(wrong.StartLine, errors.New("a column begins with a quote, and the file ends before the quote that closes it"))
	case errors.Is(wrong.Err, csv.ErrQuote):
		err = errors.New(`there is text behind the quote that closes a column; write "" for a quote in it`)
	default:
		err = wrong.Err
	}
	return c.at(wrong.Line, err)
}

// at returns an error with its line.
func (c *client) at(line int, err error) error {
	return &fileError{path: c.cfg.Path, line: line, err: err}
}
