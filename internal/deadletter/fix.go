package deadletter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/itchyny/gojq"
)

// fixTime bounds how long the fix of one dead letter may take.
const fixTime = 5 * time.Second

// ErrNotFixed says that a fix has no result for a dead letter, which therefore stays as it is.
var ErrNotFixed = errors.New("the fix leaves it out: it gives no value for it")

// Fix is a jq program that makes a payload of a payload. It is safe for concurrent use.
type Fix struct{ code *gojq.Code }

// ParseFix reads a jq program. Its input is the payload as JSON, or as a string where it is not JSON; $key is the record's
// key as a string, or null, and $headers the dead letter's headers as an object of strings. It sees neither files nor the
// environment.
func ParseFix(program string) (*Fix, error) {
	query, err := gojq.Parse(program)
	if err != nil {
		return nil, fmt.Errorf("this is no jq program: %w", err)
	}
	code, err := gojq.Compile(query, gojq.WithVariables([]string{"$key", "$headers"}))
	if err != nil {
		return nil, fmt.Errorf("this is no jq program: %w", err)
	}
	return &Fix{code: code}, nil
}

// apply is the payload that the program makes of a dead letter's record. Numbers that it does not touch keep their digits, and
// the fields of an object are sorted.
func (f *Fix) apply(ctx context.Context, l Letter, payload []byte) ([]byte, error) {
	input, err := jqInput(payload)
	if err != nil {
		return nil, err
	}
	var key any
	if l.Record.Key != nil {
		key = string(l.Record.Key)
	}
	all := map[string]any{}
	for _, h := range l.Record.Headers {
		all[h.Key] = string(h.Value)
	}
	ctx, cancel := context.WithTimeout(ctx, fixTime)
	defer cancel()
	results := f.code.RunWithContext(ctx, input, key, all)
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
		return nil, errors.New("the fix gives more than one value, and a record has one")
	}
	fixed, err := gojq.Marshal(result)
	if err != nil {
		return nil, fmt.Errorf("write what the fix gives: %w", err)
	}
	return fixed, nil
}

// jqInput is a payload as a jq program sees it.
func jqInput(payload []byte) (any, error) {
	if payload == nil {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	var input any
	if err := d.Decode(&input); err == nil {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return input, nil
		}
	}
	if !utf8.Valid(payload) {
		return nil, errors.New("the payload is neither JSON nor text, so there is nothing to fix")
	}
	return string(payload), nil
}
