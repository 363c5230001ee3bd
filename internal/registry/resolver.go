package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/stages"
)

// ResolverConfig configures a Resolver. The zero value of each field but Compile is its default.
type ResolverConfig[V any] struct {
	// Compile makes of a schema what records are read with. It is called once for each ID, concurrently for several. Its error is that of
	// each record with this ID. Required.
	Compile func(*Schema) (V, error)
	// Backend bounds the requests and has the circuit breaker. Defaults to one of BackendConfig.
	Backend *stages.Backend
	// Grace is for how long an unknown ID is looked for again, before it is taken for wrong: the program that writes the records may
	// register their schema at the same time. For as long, it is then not looked for. Defaults to 10 s.
	Grace time.Duration
	// MaxElapsed is for how long requests are tried again before there is an outage. Defaults to 5 s.
	MaxElapsed time.Duration
}

// BackendConfig returns the limits of a registry. The Client bounds the time of each request, and a schema may take several. ping is that of
// the Client.
func BackendConfig(ping func(context.Context) error) stages.BackendConfig {
	return stages.BackendConfig{Name: "registry", MaxCalls: maxConns, Timeout: -1, BreakerFailures: 5, Ping: ping}
}

// schemas returns schemas by ID. It is a Client.
type schemas interface {
	Schema(ctx context.Context, id schemaid.ID) (*Schema, error)
	Ping(ctx context.Context) error
}

// Resolver keeps what Compile made of the schemas of IDs. It is safe for concurrent use.
type Resolver[V any] struct {
	cfg    ResolverConfig[V]
	client schemas
	plan   *stages.Plan[schemaid.ID]
	node   stages.Node[schemaid.ID, struct{}]
	kept   kept[V]
}

// NewResolver makes a Resolver that asks a Client.
func NewResolver[V any](client schemas, cfg ResolverConfig[V]) *Resolver[V] {
	if cfg.Grace <= 0 {
		cfg.Grace = 10 * time.Second
	}
	if cfg.MaxElapsed <= 0 {
		cfg.MaxElapsed = 5 * time.Second
	}
	if cfg.Backend == nil {
		cfg.Backend = stages.NewBackend(BackendConfig(client.Ping))
	}
	r := &Resolver[V]{cfg: cfg, client: client, plan: &stages.Plan[schemaid.ID]{MaxBackoff: time.Second, MaxElapsed: cfg.MaxElapsed}}
	// One call is for one ID, so that one schema that the registry cannot send does not keep others away.
	loader := stages.NewLoader[schemaid.ID, struct{}](source[V]{r}, stages.LoaderConfig[schemaid.ID, struct{}]{Name: "schema", MaxBatch: 1, Backend: cfg.Backend})
	r.node = stages.One(r.plan, loader, stages.By(r.plan, func(id schemaid.ID) schemaid.ID { return id }))
	r.kept.grace = cfg.Grace
	return r
}

// source is a stages.Source of schemas. It keeps them before the load is over, so that the next
// load of an ID finds it known.
type source[V any] struct{ r *Resolver[V] }

// Load asks for each ID. An unknown one is missing.
func (s source[V]) Load(ctx context.Context, b *stages.Batch[schemaid.ID, struct{}]) error {
	for i, id := range b.Keys {
		err := s.r.fetch(ctx, id)
		switch {
		case errors.Is(err, ErrUnknownID):
			b.Set(i, stages.Result[struct{}]{State: stages.Missing})
		case err != nil && stages.ClassOf(err) != stages.Permanent:
			return err // It is no fault of the ID.
		case err != nil:
			b.Set(i, stages.Result[struct{}]{State: stages.Failed, Err: err})
		default:
			b.Set(i, stages.Result[struct{}]{State: stages.Loaded})
		}
	}
	return nil
}

// fetch fetches the schema of an ID, and compiles it unless that was done. It fetches a known one too: that is how a Loader finds out
// whether the registry answers at all.
func (r *Resolver[V]) fetch(ctx context.Context, id schemaid.ID) error {
	schema, err := r.client.Schema(ctx, id)
	if err != nil {
		return err
	}
	if _, is := r.kept.known(id); is {
		return nil
	}
	v, err := r.cfg.Compile(schema)
	if err != nil {
		err = fmt.Errorf("%s: %w", id, err)
	}
	r.kept.settle(id, v, err)
	return nil
}

// Prepare fetches the schemas of IDs that are not kept, and returns when Get has an answer for each ID. It waits up to Grace for
// unknown ones. Its error is not that of single IDs: it wraps stages.ErrOutage if the registry is away, and stages.ErrFatal if the
// configuration is wrong.
func (r *Resolver[V]) Prepare(ctx context.Context, ids []schemaid.ID) error {
	end := time.Now().Add(r.cfg.Grace) // Also if failures have to be forgotten for lack of room.
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		ids = r.kept.open(ids)
		if len(ids) == 0 {
			return nil
		}
		rows := r.plan.Run(ctx, ids)
		if err := rows.Err(); err != nil {
			return fmt.Errorf("schemas of records: %w", err)
		}
		for i, id := range ids {
			r.note(id, r.node.Of(rows.At(i)))
		}
		if ids = r.kept.open(ids); len(ids) == 0 || !time.Now().Before(end) {
			return nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("schemas of records: %w", context.Cause(ctx))
		}
	}
}

// note keeps why an ID has no schema.
func (r *Resolver[V]) note(id schemaid.ID, result stages.Result[struct{}]) {
	if result.State == stages.Missing {
		r.kept.unknown(id, fmt.Errorf("%s: %w", id, unknownID()))
	}
	if result.State == stages.Failed {
		r.kept.failed(id, result.Err)
	}
}

// Get returns what Compile made of the schema of an ID, which Prepare has fetched, or why there is none. That an ID is unknown is an
// ErrUnknownID.
func (r *Resolver[V]) Get(id schemaid.ID) (V, error) { return r.kept.get(id) }
