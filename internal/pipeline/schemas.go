package pipeline

import (
	"context"
	"crypto/tls"
	"fmt"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/internal/secret"
	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/stages"
)

// registryName is the name of the registry among the sources, in the log and in metrics.
const registryName = "registry"

// schemas are what decodes and encodes records that have schemas. Nil decoders and a nil encoder are for formats without.
type schemas struct {
	client       *registry.Client
	backend      *stages.Backend
	values, keys *codec.Decoder
	outputs      *codec.Encoder
}

var schemaFormats = map[pipelinefile.Format]format.Format{
	pipelinefile.FormatAvro: format.Avro, pipelinefile.FormatProtobuf: format.Protobuf, pipelinefile.FormatJSONSchema: format.JSONSchema,
}

var prefixes = map[pipelinefile.SchemaID]schemaid.Prefix{
	pipelinefile.SchemaIDApicurio8Byte:       schemaid.Apicurio8Byte,
	pipelinefile.SchemaIDApicurio8ByteGlobal: schemaid.Apicurio8ByteGlobal,
}

// OpenRegistry returns a client of the file's registry, which it does not contact. It returns nil if the file has none. Mistakes are
// *strictyaml.Errors.
func OpenRegistry(file *pipelinefile.File, watch *tlsfiles.Watch) (*registry.Client, error) {
	f := file.Registry
	if f == nil {
		return nil, nil //nolint:nilnil // No registry is no client.
	}
	var renew func() *tls.Config
	renew, err := RenewedTLS(file, "registry.tls", f.TLS, watch)
	if err != nil {
		return nil, err
	}
	cfg := registry.Config{URLs: f.URLs, Token: secret.Text(f.Token.Reveal()), RenewTLS: renew, Timeout: f.Timeout}
	if f.Basic != nil {
		cfg.Username, cfg.Password = f.Basic.Username, secret.Text(f.Basic.Password.Reveal())
	}
	client, err := registry.Open(cfg)
	if err != nil {
		return nil, file.Errorf("registry", "%v", err)
	}
	return client, nil
}

// Decoder returns what decodes values or keys of input topics, nil if their format has no schemas. backend bounds its requests, and may be
// nil. Mistakes are *strictyaml.Errors.
func Decoder(file *pipelinefile.File, part schemaid.Part, client *registry.Client, backend *stages.Backend) (*codec.Decoder, error) {
	cfg, err := codecConfig(file, part, client)
	if err != nil || cfg == nil {
		return nil, err
	}
	cfg.Backend = backend
	return codec.NewDecoder(*cfg), nil
}

// codecConfig says how values or keys of input topics are written; nil if their format has no schemas.
func codecConfig(file *pipelinefile.File, part schemaid.Part, client *registry.Client) (*codec.Config, error) {
	in := &file.Input
	written := in.Format
	if part == schemaid.Key {
		written = in.KeyFormat
	}
	if !written.HasSchema() {
		return nil, nil //nolint:nilnil // Values without a schema need neither a decoder nor an encoder.
	}
	cfg := codec.Config{Format: schemaFormats[written], Part: part, Prefix: prefixes[in.ID], Options: decodeOptions(in), Registry: client}
	if part == schemaid.Value && in.Schema != "" {
		var err error
		if cfg.File, err = codec.ReadFile(cfg.Format, in.Schema, in.Message, cfg.Options); err != nil {
			return nil, file.Errorf("input.schema", "%v", err)
		}
		if s := cfg.File.Avro; s != nil && !s.MayBeObject() {
			return nil, file.Errorf("input.schema", "its values are %s, and an event is an object: a record or a map", s)
		}
		cfg.NoID = in.ID == pipelinefile.SchemaIDNone
	}
	return &cfg, nil
}

func decodeOptions(in *pipelinefile.Input) format.Options {
	return format.Options{
		DecimalsAsText: in.Decimals == pipelinefile.FormString,
		TimesAsNumbers: in.Timestamps == pipelinefile.FormNumber,
		Int64AsText:    in.Int64 == pipelinefile.FormString,
	}
}

// schemaFile checks that the file with the schema of values can be read.
func (l *layouter) schemaFile() {
	if l.File.Input.Schema == "" {
		return
	}
	if _, err := Decoder(l.File, schemaid.Value, nil, nil); err != nil {
		l.problems = append(l.problems, err)
	}
}

// openSchemas opens what decodes the records of a file.
func (p *Pipeline) openSchemas(file *pipelinefile.File, opts Options) (err error) {
	s := &p.schemas
	if opts.JSONEvents {
		if file.Input.Schema != "" {
			s.values, err = Decoder(file, schemaid.Value, nil, nil)
		}
		return err
	}
	client, err := OpenRegistry(file, opts.Certificates)
	if err != nil {
		return err
	}
	if s.client = client; client != nil {
		cfg := registry.BackendConfig(client.Ping)
		cfg.Name, cfg.MaxCalls, cfg.OnCall = registryName, 4, opts.onCall(registryName)
		opts.logFailing(&cfg)
		s.backend = stages.NewBackend(cfg)
	}
	if s.values, err = Decoder(file, schemaid.Value, client, s.backend); err != nil {
		return err
	}
	s.keys, err = Decoder(file, schemaid.Key, client, s.backend)
	return err
}

// reachRegistry waits for the registry as reach does for a source. Its error is that of RegistryError.
func (p *Pipeline) reachRegistry(ctx context.Context, file *pipelinefile.File, start *Start) error {
	if p.schemas.client == nil {
		return nil
	}
	err := start.reachRegistry(ctx, p.schemas.client.Ping)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return fmt.Errorf("reach the registry: %w", cause)
	}
	if err == nil && start != nil && start.OnReached != nil {
		start.OnReached(registryName)
	}
	return RegistryError(file, err)
}

// reachRegistry is reach for the registry. A nil Start waits for connectTime.
func (s *Start) reachRegistry(ctx context.Context, try func(context.Context) error) error {
	limit := connectTime
	if s != nil && s.Wait {
		limit = 0
	}
	return reach(ctx, registryName, limit, try, func(err error) { s.away(Away{Source: registryName, Err: err}) })
}

// prepare returns what Config.Prepare is; nil if no record has a schema.
func (s *schemas) prepare() func(context.Context, []*loaderline.Record) error {
	if s.values == nil && s.keys == nil {
		return nil
	}
	return func(ctx context.Context, records []*loaderline.Record) error {
		for _, d := range []*codec.Decoder{s.values, s.keys} {
			if d == nil {
				continue
			}
			if err := d.Prepare(ctx, records); err != nil {
				return err
			}
		}
		if s.outputs == nil || s.values == nil {
			return nil // The schema of outputs is known since the start.
		}
		return s.outputs.PrepareFor(ctx, s.values, records)
	}
}
