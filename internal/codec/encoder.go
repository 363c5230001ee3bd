package codec

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/outputschema"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/stages"
)

// IDPlace is where a record has the ID of its schema.
type IDPlace int

const (
	// IDInPrefix is before the value.
	IDInPrefix IDPlace = iota
	// IDInHeader is a header.
	IDInHeader
	// NoIDAtAll is nowhere. It needs no registry.
	NoIDAtAll
)

// EncoderConfig says what an Encoder encodes.
type EncoderConfig struct {
	// Form and Derive are what schemas are derived from. Form is nil if Given is the schema of all values.
	Form   *outputschema.Form
	Derive outputschema.Config
	Given  *OutputSchema
	// Topics are the topics of records, each once. The first is that of records that name none.
	Topics []string
	// Subject is a strategy or a subject, as registry.SubjectName takes it.
	Subject string
	// Register registers schemas that a subject does not have. By default they must be there.
	Register bool
	// Normalize lets the registry ignore differences that mean nothing.
	Normalize bool
	ID        IDPlace
	// ReadBack makes JSON of encoded values, as consumers read them. They have no ID, and nothing is looked up or registered.
	ReadBack bool
	// Registry is not nil unless ID is NoIDAtAll, or ReadBack is true.
	Registry *registry.Client
	// Backend bounds the requests of Registry. Defaults to one of registry.BackendConfig.
	Backend *stages.Backend
	// MaxElapsed is for how long requests are tried again before there is an outage. Defaults to 5 s.
	MaxElapsed time.Duration
	// MaxBytes bounds a value. Defaults to format.DefaultMaxBytes.
	MaxBytes int
}

// Encoder turns the JSON of outputs into values with a schema. There is one schema for each schema that events are written with, unless
// the output's does not depend on it. It is safe for concurrent use.
type Encoder struct {
	cfg       EncoderConfig
	dependent bool // on the writer
	plan      *stages.Plan[outputschema.Writer]
	node      stages.Node[outputschema.Writer, struct{}]

	mu    sync.Mutex                                      // guards tails, and changes of known
	tails []*output                                       // one of each Tail
	known atomic.Pointer[map[outputschema.Writer]*output] // copied when it changes
}

// NewEncoder returns an Encoder.
func NewEncoder(cfg EncoderConfig) *Encoder {
	if cfg.MaxElapsed <= 0 {
		cfg.MaxElapsed = 5 * time.Second
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = format.DefaultMaxBytes
	}
	e := &Encoder{cfg: cfg, dependent: cfg.Given == nil && cfg.Derive.Format != format.JSONSchema && cfg.Form.HasEvent()}
	e.known.Store(&map[outputschema.Writer]*output{})
	backend := cfg.Backend
	if backend == nil {
		var ping func(context.Context) error
		if cfg.Registry != nil {
			ping = cfg.Registry.Ping
		}
		backend = stages.NewBackend(registry.BackendConfig(ping))
	}
	e.plan = &stages.Plan[outputschema.Writer]{MaxBackoff: time.Second, MaxElapsed: cfg.MaxElapsed}
	loader := stages.NewLoader[outputschema.Writer, struct{}](outputs{e}, stages.LoaderConfig[outputschema.Writer, struct{}]{Name: "the schema of the output", MaxBatch: 1, Backend: backend})
	e.node = stages.One(e.plan, loader, stages.By(e.plan, func(w outputschema.Writer) outputschema.Writer { return w }))
	return e
}

// writer returns what the schema of an output depends on.
func (e *Encoder) writer(w outputschema.Writer) outputschema.Writer {
	if !e.dependent {
		return outputschema.Writer{}
	}
	return w
}

// Prepare makes the schemas of outputs for events of writers, and finds their IDs. Its error stops a run: it wraps stages.ErrOutage if
// the registry is away, stages.ErrFatal if the configuration is wrong, and registry.ErrIncompatible and its like otherwise. That no schema can
// be derived for a writer is an error of AppendValue.
func (e *Encoder) Prepare(ctx context.Context, writers ...outputschema.Writer) error {
	var open []outputschema.Writer
	for _, w := range writers {
		w = e.writer(w)
		if (*e.known.Load())[w] == nil && !slices.Contains(open, w) {
			open = append(open, w)
		}
	}
	if len(open) == 0 {
		return nil
	}
	rows := e.plan.Run(ctx, open)
	if err := rows.Err(); err != nil {
		return fmt.Errorf("the schema of the output: %w", err)
	}
	for i := range open {
		if result := e.node.Of(rows.At(i)); result.Err != nil {
			return result.Err
		}
	}
	return nil
}

// PrepareFor is Prepare for the writers of records, which decoder decodes and has prepared.
func (e *Encoder) PrepareFor(ctx context.Context, decoder *Decoder, records []*kgo.Record) error {
	if !e.dependent && (*e.known.Load())[outputschema.Writer{}] != nil {
		return nil // The one schema is there.
	}
	return e.Prepare(ctx, decoder.Writers(records)...)
}

// outputs is a stages.Source of what outputs of a writer are encoded with.
type outputs struct{ e *Encoder }

// Load makes one output after the other.
func (o outputs) Load(ctx context.Context, b *stages.Batch[outputschema.Writer, struct{}]) error {
	for i, w := range b.Keys {
		made, err := o.e.make(ctx, w)
		switch {
		case err != nil && stages.ClassOf(err) != stages.Permanent:
			return err
		case err != nil:
			b.Set(i, stages.Result[struct{}]{State: stages.Failed, Err: err})
		default:
			o.e.keep(w, made)
			b.Set(i, stages.Result[struct{}]{State: stages.Loaded})
		}
	}
	return nil
}

func (e *Encoder) keep(w outputschema.Writer, made *output) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.setTail(made)
	all := maps.Clone(*e.known.Load())
	all[w] = made
	e.known.Store(&all)
}

// Schema returns the schema of outputs for events that a writer has written, without asking the registry. It returns the errors of
// outputschema.Derive.
func (e *Encoder) Schema(w outputschema.Writer) (*OutputSchema, error) { return e.derive(w, nil) }

// derive is Schema with the schema that outputs had before.
func (e *Encoder) derive(w outputschema.Writer, previous *protobuf.Schema) (*OutputSchema, error) {
	if e.cfg.Given != nil {
		return e.cfg.Given, nil
	}
	cfg := e.cfg.Derive
	cfg.Previous = previous
	derived, err := outputschema.Derive(e.cfg.Form, e.writer(w), cfg)
	if err != nil {
		return nil, err
	}
	return derivedOutput(derived), nil
}

// make makes what outputs of a writer are encoded with. That no schema can be derived is an error of each event of the writer.
func (e *Encoder) make(ctx context.Context, w outputschema.Writer) (*output, error) {
	previous, err := e.previous(ctx)
	if err != nil {
		return nil, err
	}
	schema, err := e.derive(w, previous)
	if err != nil {
		return &output{err: err}, nil //nolint:nilerr // It is kept.
	}
	made := newOutput(schema, e.cfg.MaxBytes)
	if e.cfg.ReadBack {
		made.readBack = schema.readBack()
		return made, nil
	}
	if e.cfg.Given == nil {
		made.splice = made.newSplice(w, e.cfg.MaxBytes)
	}
	for _, topic := range e.cfg.Topics {
		wire, err := e.wire(ctx, schema, topic)
		if err != nil {
			return nil, err
		}
		made.topics = append(made.topics, wire)
	}
	return made, nil
}

// errNotPrepared is the error of a value for whose writer Prepare was not called.
var errNotPrepared = errors.New("the schema of the output was not made")

// AppendValue appends the bytes of a value to dst, and returns the headers that its record needs. json is the value. An empty topic is the
// first one. v is what the event was written with, nil for an event without a schema. Prepare must have returned for it. The error says
// which field does not fit, without its value.
func (e *Encoder) AppendValue(dst, json []byte, topic string, v *Value) ([]byte, []kgo.RecordHeader, error) {
	o := e.outputOf(v)
	switch {
	case o == nil:
		return dst, nil, errNotPrepared
	case o.err != nil:
		return dst, nil, o.err
	case o.readBack != nil:
		dst, err := o.appendReadBack(dst, json)
		return dst, nil, err
	}
	wire := e.wireOf(o, topic)
	out, err := o.appendBody(append(dst, wire.prefix...), json)
	if err != nil {
		return dst, nil, err
	}
	return out, wire.headers, nil
}

// outputOf returns what the output of an event is encoded with, nil if Prepare was not called for its writer.
func (e *Encoder) outputOf(v *Value) *output { return (*e.known.Load())[e.writer(v.Writer())] }

// wireOf returns how records of a topic name the schema of an output. An empty topic is the first one.
func (e *Encoder) wireOf(o *output, topic string) *wire {
	if topic == "" {
		return &o.topics[0]
	}
	return &o.topics[max(0, slices.Index(e.cfg.Topics, topic))]
}
