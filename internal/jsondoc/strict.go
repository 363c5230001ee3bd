package jsondoc

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// reader goes through a document, value by value.
type reader interface {
	kind() jsontext.Kind // of what comes next
	offset() int         // behind what was read last
	open() error         // reads the beginning of an object or array
	close() error        // reads its end
	name() ([]byte, error)
	value() (from int, err error)
	end() error // nothing comes any more
}

// strict reads any document, by the library.
type strict struct {
	buffer  bytes.Buffer
	decoder jsontext.Decoder
}

func (s *strict) reset(doc []byte) {
	s.buffer = *bytes.NewBuffer(doc)
	s.decoder.Reset(&s.buffer)
}

func (s *strict) kind() jsontext.Kind { return s.decoder.PeekKind() }
func (s *strict) offset() int         { return int(s.decoder.InputOffset()) }

func (s *strict) open() error {
	_, err := s.decoder.ReadToken()
	return err
}

func (s *strict) close() error { return s.open() }

func (s *strict) name() ([]byte, error) { return s.decoder.ReadValue() }

func (s *strict) value() (from int, err error) {
	raw, err := s.decoder.ReadValue()
	return s.offset() - len(raw), err
}

func (s *strict) end() error {
	_, err := s.decoder.ReadToken()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		return &SyntaxError{Offset: s.decoder.InputOffset(), Reason: secondDocument}
	default:
		return err
	}
}
