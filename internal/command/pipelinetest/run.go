// Package pipelinetest runs the tests of a pipeline: its events go through the steps of a run, where rows of the test stand for
// the sources, and what became of them is compared with what the test expects. Nothing is connected to.
package pipelinetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/testfile"
)

// Suite is a pipeline and its tests.
type Suite struct {
	Pipeline string // the path of the pipeline file
	File     *testfile.File

	layout *pipeline.Layout
	stubs  []map[string]*stub         // by test, by stage
	inline map[string]pipeline.Lookup // by stage: the rows that the pipeline file has itself
	inputs [][]*kgo.Record            // by test
}

// Result is how a test ended.
type Result struct {
	Pipeline string        `json:"pipeline"`
	Test     string        `json:"test"`
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Passed   bool          `json:"passed"`
	Failures []Failure     `json:"failures,omitempty"`
	Millis   float64       `json:"ms"`
	Took     time.Duration `json:"-"`
}

// Failure is why a test has not passed.
type Failure struct {
	Event int    `json:"event"` // counted from 1; 0 where it is of all
	Input string `json:"input,omitempty"`
	Text  string `json:"text"` // a diff where what became of the event is not what was expected
}

// unset is what stands for a variable or a file that is not there: where nothing is connected to, no credentials are needed.
const unset = "unset"

// Load reads a pipeline file and its tests.
func Load(path, tests string) (*Suite, error) {
	file, err := testfile.Load(tests)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	of, err := pipelinefile.Parse(path, data, pipelinefile.Options{
		Dir: filepath.Dir(path), Getenv: file.Getenv, ReadFile: readFile, Unset: unset,
	})
	if err != nil {
		return nil, err
	}
	disconnect(of)
	s := &Suite{Pipeline: path, File: file}
	if s.layout, err = pipeline.NewLayout(of); err != nil {
		return nil, err
	}
	if err := s.openInline(); err != nil {
		return nil, err
	}
	var badStubs, badRecords error
	s.stubs, badStubs = bind(s.layout, file)
	s.inputs, badRecords = records(of.Input.Topics, file)
	return s, errors.Join(badStubs, badRecords)
}

// openInline prepares the stages whose rows are in the pipeline file.
func (s *Suite) openInline() error {
	s.inline = map[string]pipeline.Lookup{}
	ctx := context.Background() // Nothing waits for anything.
	for _, stage := range s.layout.Stages {
		source, _ := s.layout.File.Source(stage.Source)
		if source.Inline == nil {
			continue
		}
		rows, err := pipeline.OpenSource(ctx, s.layout.File, source, pipeline.SourceOptions{})
		if err != nil {
			return err
		}
		if s.inline[stage.Name], err = rows.Prepare(ctx, stage); err != nil {
			return err
		}
	}
	return nil
}

// disconnect takes from a file what is only for connections, which may be unset, and what takes time or room: nothing is
// kept for long, waits for a rate or is tried again.
func disconnect(f *pipelinefile.File) {
	f.Kafka.Brokers, f.Kafka.TLS, f.Kafka.SASL = []string{"unset:9092"}, pipelinefile.TLS{}, nil
	f.Cache.Memory, f.Retry.MaxElapsed = 1<<20, 0
	for i := range f.Sources {
		s := &f.Sources[i]
		s.Rate, s.Breaker = nil, pipelinefile.Breaker{}
		if s.Redis != nil {
			s.Redis.Addresses = []string{"unset:6379"}
		}
		if s.HTTP != nil {
			s.HTTP.URL, s.HTTP.OAuth = "https://unset", nil
		}
		if s.GRPC != nil {
			s.GRPC.Address = "unset:443"
		}
	}
}

// readFile is for ${file:PATH}: a secret that is not there is not needed.
func readFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return []byte(unset), nil
	}
	return data, err
}

// Run runs one of the suite's tests.
func (s *Suite) Run(ctx context.Context, i int) (Result, error) {
	t := s.File.Tests[i]
	start := time.Now()
	outcomes, err := s.enrich(ctx, s.inputs[i], s.stubs[i])
	r := Result{Pipeline: s.Pipeline, Test: t.Name, File: s.File.Path, Line: t.Line, Took: time.Since(start)}
	r.Millis = float64(r.Took.Round(10*time.Microsecond)) / float64(time.Millisecond)
	if fatal, ok := errors.AsType[*loaderr.FatalError](err); ok {
		r.Failures, err = []Failure{{Text: fatal.Error()}}, nil
		return r, err
	}
	if err != nil {
		return r, err
	}
	for j, e := range t.Events {
		if diff := compare(t.Expect[j], outcomes[j]); diff != "" {
			r.Failures = append(r.Failures, Failure{Event: j + 1, Input: printable(e.Value), Text: diff})
		}
	}
	r.Passed = len(r.Failures) == 0
	return r, nil
}

// printable is text that neither a terminal nor XML takes for something else.
func printable(value []byte) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, string(value))
}

// enrich makes what becomes of each input record. A *loaderr.FatalError is the test's own.
func (s *Suite) enrich(ctx context.Context, inputs []*kgo.Record, stubs map[string]*stub) (_ []outcome, err error) {
	inputs, err = s.encode(ctx, inputs)
	if err != nil {
		return nil, err
	}
	open, err := pipeline.Open(ctx, s.layout, pipeline.Options{JSONEvents: true, Lookup: func(stage *pipeline.Stage) pipeline.Lookup {
		if rows := s.inline[stage.Name]; rows != nil && stubs[stage.Name].absent {
			return rows
		}
		return stubs[stage.Name]
	}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	cfg, filtered := open.Config, filtered{}
	cfg.Decode = filtered.note(cfg.Decode)
	line, err := loaderline.New(cfg)
	if err != nil {
		return nil, err
	}
	made, _, err := line.Enrich(ctx, inputs)
	outcomes := make([]outcome, len(inputs))
	for i, r := range inputs {
		outcomes[i].filtered = filtered[positionOf(*r)]
	}
	if outage, ok := errors.AsType[*loaderr.OutageError](err); ok {
		for i := range outcomes {
			outcomes[i].outage = outage
		}
		return outcomes, nil
	}
	for i, records := range made {
		outcomes[i].records = records
		outcomes[i].dead = len(records) > 0 && records[0].Topic == s.layout.File.DeadLetter.Topic
	}
	return outcomes, err
}

// encode encodes the events by the schema file, if there is one. They are then decoded as a run decodes events.
func (s *Suite) encode(ctx context.Context, inputs []*kgo.Record) ([]*kgo.Record, error) {
	if s.layout.File.Input.Schema == "" {
		return inputs, nil
	}
	encoder, err := pipeline.Encoder(ctx, s.layout.File, nil, pipeline.EncoderConfig{Part: schemaid.Value})
	if err != nil || encoder == nil {
		return inputs, err
	}
	encoded := make([]*kgo.Record, len(inputs))
	for i, r := range inputs {
		c := *r
		encoded[i] = &c
		if r.Value == nil {
			continue
		}
		if c.Value, err = encoder.Encode(r.Value); err != nil {
			return nil, &loaderr.FatalError{Loader: fmt.Sprintf("event %d cannot be encoded by input.schema", i+1), Err: err}
		}
	}
	return encoded, nil
}

// filtered has the positions of the records that Decode filtered.
type filtered map[position]bool

// note returns a Decode that notes what it filters. It is for one goroutine: Enrich decodes one record after the other.
func (f filtered) note(decode func(loaderline.Record) (jsonenrich.Document, error)) func(loaderline.Record) (jsonenrich.Document, error) {
	return func(r loaderline.Record) (jsonenrich.Document, error) {
		event, err := decode(r)
		f[positionOf(r)] = errors.Is(err, loaderline.ErrFiltered)
		return event, err
	}
}
