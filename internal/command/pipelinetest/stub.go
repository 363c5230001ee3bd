package pipelinetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// stub returns the rows of a test, as the stage's source would.
type stub struct {
	stage  *pipeline.Stage
	types  lookupkey.Types
	rows   map[lookup.Key][]jsontext.Value
	fails  map[lookup.Key]bool // nil: all keys, where failure is set
	absent bool                // the test has no stub for the stage

	failure *failure
	outage  string
}

// failure is the error of a key, as a source has it.
type failure struct{ message, code string }

func (f *failure) Error() string { return f.message }

// Code is the source's own, which a dead letter names.
func (f *failure) Code() string { return f.code }

// Types implements pipeline.Lookup.
func (s *stub) Types() lookupkey.Types { return s.types }

// Load implements stages.Source.
func (s *stub) Load(_ context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	switch {
	case s.absent:
		return stages.WithClass(fmt.Errorf("the test needs a lookup of the key %s, and has no stub for it; write %s: [] if the lookup finds no row", b.Keys[0], s.stage.Name), stages.Fatal)
	case s.outage != "":
		return errors.New(s.outage)
	}
	for i, k := range b.Keys {
		rows := s.rows[k]
		switch {
		case s.failure != nil && (s.fails == nil || s.fails[k]):
			b.Set(i, stages.Result[[]byte]{Err: stages.WithClass(s.failure, stages.Permanent), State: stages.Failed})
		case len(rows) == 0:
		case s.stage.Stage.List():
			b.Set(i, stages.Result[[]byte]{Value: list(rows), State: stages.Loaded})
		case len(rows) > 1:
			b.Set(i, stages.Result[[]byte]{Err: stages.WithClass(fmt.Errorf("%s for one key: many: true makes a list of them", plural.Count(len(rows), "row")), stages.Permanent), State: stages.Failed})
		default:
			b.Set(i, stages.Result[[]byte]{Value: rows[0], State: stages.Loaded})
		}
	}
	return nil
}

func list(rows []jsontext.Value) []byte {
	all := make([][]byte, len(rows))
	for i, row := range rows {
		all[i] = row
	}
	return append(append([]byte{'['}, bytes.Join(all, []byte{','})...), ']')
}
