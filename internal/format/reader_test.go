package format_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/jsoncorpus"
)

// read passes a whole text by Skip.
func read(text []byte) error {
	r := format.NewReader(text)
	if err := r.Skip(0); err != nil {
		return err
	}
	if err := r.End(); err != nil {
		return err
	}
	return nil
}

// valid is the independent judge: the library, which the reader has to agree with.
func valid(text []byte) bool {
	d := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true))
	if _, err := d.ReadValue(); err != nil {
		return false
	}
	_, err := d.ReadToken()
	return err != nil && !errors.As(err, new(*jsontext.SyntacticError))
}

func TestReaderAgreesWithTheLibrary(t *testing.T) {
	for _, doc := range jsoncorpus.Documents() {
		if strings.Count(string(doc.Text), "[")+strings.Count(string(doc.Text), "{") > format.MaxDepth {
			continue
		}
		if err := read(doc.Text); (err == nil) != valid(doc.Text) {
			t.Errorf("%s: %.100q: got %v, the library says %v", doc.Name, doc.Text, err, valid(doc.Text))
		}
	}
}

func TestReaderBoundsDepth(t *testing.T) {
	for depth, ok := range map[int]bool{format.MaxDepth: true, format.MaxDepth + 1: false, 1_000_000: false} {
		for _, text := range []string{strings.Repeat("[", depth) + strings.Repeat("]", depth), strings.Repeat(`{"a":`, depth) + "0" + strings.Repeat("}", depth)} {
			if err := read([]byte(text)); (err == nil) != ok {
				t.Errorf("%d levels: %v", depth, err)
			}
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, doc := range jsoncorpus.Documents() {
		if len(doc.Text) < 1000 {
			f.Add(doc.Text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		err := read(text)
		if err == nil != valid(text) && !strings.Contains(err.Error(), "levels deep") {
			t.Fatalf("%q: got %v, the library says %v", text, err, valid(text))
		}
		r := format.NewReader(text)
		if r.Kind() != '"' {
			return
		}
		s, failed := r.String()
		if failed != nil {
			return
		}
		var want string
		if err := json.Unmarshal(text[:r.Offset()], &want); err != nil || string(s.Bytes()) != want {
			t.Fatalf("%q: got %q, want %q, %v", text, s.Bytes(), want, err)
		}
	})
}
