package pipeline

import (
	"context"

	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/registry"
)

// EncoderConfig says what an encoder of input records is for.
type EncoderConfig struct {
	// Part is the part of records that is encoded.
	Part schemaid.Part
	// Topic is the input topic. The schema is the latest of its subject, unless the file names one.
	Topic string
	// Message is the message of a Protobuf schema of the registry. It may be empty if the schema has one alone.
	Message string
	// Published says that others read the records, so that the ID in them has to be that of their schema. Records that only a decoder of this
	// file reads need no registry if the file names a schema.
	Published bool
}

// Encoder returns what makes values or keys of an input topic of JSON text, nil if their format has no schemas. Its error is that of
// RegistryError, or a *strictyaml.Error.
func Encoder(ctx context.Context, file *pipelinefile.File, client *registry.Client, cfg EncoderConfig) (*codec.PartEncoder, error) {
	written, err := codecConfig(file, cfg.Part, client)
	if err != nil || written == nil {
		return nil, err
	}
	if written.File != nil && !written.NoID && cfg.Published {
		if client == nil {
			return nil, file.Errorf("input.id", "an event has the ID of its schema, and the file input.schema has none; add registry: {url: ...}, or write id: none if the events have no ID")
		}
		written.File = nil
	}
	key := "input.format"
	if cfg.Part == schemaid.Key {
		key = "input.key_format"
	}
	subject, err := registry.SubjectName(registry.ByTopic, cfg.Topic, "", cfg.Part)
	if err != nil {
		return nil, err
	}
	encoder, err := codec.NewPartEncoder(ctx, *written, subject, cfg.Message)
	if err == nil {
		return encoder, nil
	}
	if problem := RegistryError(file, err); problem != err { //nolint:errorlint // It returns the same error if it has nothing to say.
		return nil, problem
	}
	if ctx.Err() != nil {
		return nil, err
	}
	return nil, file.Errorf(key, "%v", err)
}
