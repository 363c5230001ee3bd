package pipeline

import (
	"context"
	"errors"
	"slices"

	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/outputschema"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/stages"
)

// Keys of the section output.schema.
const (
	schemaKey   = "output.schema"
	typesKey    = schemaKey + ".types"
	notNullKey  = schemaKey + ".not_null"
	fileKey     = schemaKey + ".file"
	subjectKey  = schemaKey + ".subject"
	registerKey = "output.register"
)

var idPlaces = map[pipelinefile.SchemaID]codec.IDPlace{
	pipelinefile.SchemaIDPrefix: codec.IDInPrefix, pipelinefile.SchemaIDHeader: codec.IDInHeader, pipelinefile.SchemaIDNone: codec.NoIDAtAll,
}

// outputSchema reads what the section output.schema says, without the registry.
func (l *layouter) outputSchema() {
	o := &l.File.Output
	if !o.Format.HasSchema() {
		return
	}
	l.outputTypes = map[string]lookupext.ColumnType{}
	for _, t := range o.Schema.Types {
		of, err := outputschema.ParseType(t.Value)
		if err != nil {
			l.problem(t.Key, "%v", err)
		}
		l.outputTypes[t.Name] = of
	}
	if o.Schema.File == "" {
		return
	}
	var err error
	if l.outputFile, err = codec.ReadOutputFile(schemaFormats[o.Format], o.Schema.File, o.Schema.Message, o.ID != pipelinefile.SchemaIDNone); err != nil {
		l.problem(fileKey, "%v", err)
	}
}

// encoder returns what encodes the values of outputs, nil if they are JSON. It asks the registry if the schema is that of a subject.
// lookup is as for Form. Mistakes are *strictyaml.Errors; other errors are those of the registry.
func (l *Layout) encoder(ctx context.Context, lookup func(*Stage) Lookup, s *schemas, readBack bool) (*codec.Encoder, error) {
	o := &l.File.Output
	if !o.Format.HasSchema() {
		return nil, nil //nolint:nilnil // JSON needs no encoder.
	}
	cfg := codec.EncoderConfig{
		Topics: l.File.OutputTopics(), Subject: o.Subject, Register: o.Register, Normalize: true, ID: idPlaces[o.ID],
		Registry: s.client, Backend: s.backend, Given: l.outputFile, ReadBack: readBack,
	}
	if of := o.Schema; of.Subject != "" {
		var err error
		cfg.Given, err = codec.OutputSubject(ctx, s.client, schemaFormats[o.Format], of.Subject, of.Version, of.Message)
		if err != nil {
			return nil, l.registryError(subjectKey, err)
		}
	}
	if of := o.Schema; of.Derive {
		cfg.Form = l.Form(lookup)
		cfg.Derive = outputschema.Config{Format: schemaFormats[o.Format], Name: of.Name, Namespace: of.Namespace, Types: l.outputTypes, NotNull: of.NotNull}
	}
	return codec.NewEncoder(cfg), nil
}

// Writers returns the schemas that events are known to be written with at start: that of the file, or the latest one of each input topic
// whose subject is named by it. Those of other subjects are found with the first event. Its error is that of the registry.
func (l *Layout) Writers(ctx context.Context, client *registry.Client, values *codec.Decoder) ([]outputschema.Writer, error) {
	if values == nil {
		return []outputschema.Writer{{}}, nil
	}
	if w, is := values.FileWriter(); is {
		return []outputschema.Writer{w}, nil
	}
	var writers []outputschema.Writer
	for _, topic := range l.File.Input.Topics {
		subject, err := registry.SubjectName(registry.ByTopic, topic, "", schemaid.Value)
		if err != nil {
			return nil, err
		}
		found, err := client.Latest(ctx, subject)
		switch {
		case errors.Is(err, registry.ErrUnknownSubject):
			continue
		case err != nil:
			return nil, err
		}
		if w, err := codec.LatestWriter(schemaFormats[l.File.Input.Format], found.Schema, format.Options{}); err == nil && !slices.Contains(writers, w) {
			writers = append(writers, w)
		}
	}
	return writers, nil
}

// CheckOutput derives the schema of outputs for each writer. Mistakes are *strictyaml.Errors.
func (l *Layout) CheckOutput(e *codec.Encoder, writers []outputschema.Writer) error {
	var problems []error
	for _, w := range writers {
		if _, err := e.Schema(w); err != nil {
			problems = append(problems, l.derivationErrors(err)...)
		}
	}
	return errors.Join(problems...)
}

// derivationErrors places each error of a derivation in the file.
func (l *Layout) derivationErrors(err error) []error {
	joined, is := err.(interface{ Unwrap() []error })
	if !is {
		return []error{l.File.Errorf(schemaKey, "%v", err)}
	}
	var placed []error
	for _, err := range joined.Unwrap() {
		key := schemaKey
		if of, is := errors.AsType[*outputschema.ValueError](err); is {
			switch of.Setting {
			case "types":
				key = typesKey
			case "not_null":
				key = notNullKey
			}
		}
		placed = append(placed, l.File.Errorf(key, "%v", err))
	}
	return placed
}

// registryError places an error of the registry that waiting does not help against.
func (l *Layout) registryError(key string, err error) error {
	if err == nil || stages.ClassOf(err) != stages.Permanent {
		return err
	}
	return l.File.Errorf(key, "%v", err)
}

// openOutput opens what encodes the values of outputs, and makes their schemas for the writers that are known.
func (p *Pipeline) openOutput(ctx context.Context, layout *Layout, lookups map[int]Lookup, opts Options) error {
	if opts.JSONEvents || !layout.File.Output.Format.HasSchema() {
		return nil
	}
	lookup := func(s *Stage) Lookup { return lookups[s.Index] }
	return opts.Start.reachRegistry(ctx, func(ctx context.Context) error {
		e, err := layout.encoder(ctx, lookup, &p.schemas, opts.ReadBackOutputs)
		if err != nil {
			return err
		}
		writers, err := layout.Writers(ctx, p.schemas.client, p.schemas.values)
		if err != nil {
			return err
		}
		if err := layout.CheckOutput(e, writers); err != nil {
			return err
		}
		p.schemas.outputs = e
		if opts.OnOutputSchema != nil {
			return layout.reportSchemas(ctx, e, writers, opts.OnOutputSchema)
		}
		return layout.registryError(registerKey, e.Prepare(ctx, writers...))
	})
}

// reportSchemas reports the schemas of outputs without registering them.
func (l *Layout) reportSchemas(ctx context.Context, e *codec.Encoder, writers []outputschema.Writer, report func(codec.Checked)) error {
	checked, err := e.Check(ctx, writers...)
	if err != nil {
		return l.registryError(schemaKey, err)
	}
	for _, c := range checked {
		if c.Err != nil {
			c.Err = l.File.Errorf(registerKey, "%v", c.Err)
		}
		report(c)
	}
	return nil
}
