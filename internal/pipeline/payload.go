package pipeline

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/deadletter"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/registry"
)

// Payload is a deadletter.Payload of events that have a schema. It is for one goroutine.
type Payload struct {
	file   *pipelinefile.File
	values *codec.Decoder

	registry firstPing
	data     []byte // the value that was decoded last
	last     codec.Value
}

// NewPayload returns a Payload, nil if the format of events has no schemas. Mistakes are *strictyaml.Errors.
func NewPayload(file *pipelinefile.File, client *registry.Client) (*Payload, error) {
	values, err := Decoder(file, schemaid.Value, client, nil)
	if err != nil || values == nil {
		return nil, err
	}
	return &Payload{file: file, registry: firstPing{client: client}, values: values}, nil
}

// Decode implements deadletter.Payload.
func (p *Payload) Decode(ctx context.Context, r *kgo.Record) (_ []byte, err error) {
	if err := p.registry.ping(ctx); err != nil {
		return nil, &deadletter.RegistryError{Err: RegistryError(p.file, err)}
	}
	if err := p.values.Prepare(ctx, []*kgo.Record{r}); err != nil {
		return nil, &deadletter.RegistryError{Err: RegistryError(p.file, err)}
	}
	p.data = r.Value
	if p.last, err = p.values.Decode(nil, r.Value, r.Headers); err != nil {
		return nil, errors.New("the fix needs its payload as JSON, and it cannot be decoded: " + err.Error())
	}
	return p.last.JSON, nil
}

// Encode implements deadletter.Payload. The ID of the schema stays, with all that comes before the body.
func (p *Payload) Encode(json []byte) ([]byte, error) { return p.last.Encode(p.data, json) }
