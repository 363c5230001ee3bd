package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/stages"
)

// reuseShare is the part of cache.memory that Options.Reuse takes: the half.
const reuseShare = 2

// Pipeline is a compiled file with its connections open.
type Pipeline struct {
	Config loaderline.Config[jsonenrich.Document]

	sources map[string]*source
	schemas schemas
	memory  *resultcache.Memory
	// tiers are the caches below the memory: the ones opened here, and all of them.
	tiers, allTiers []cachetier.Tier
	nodes           []*node // by stage
	loaders         []*loader
	cached          map[string]cached // by stage
	preloads        []*Preload
	reuse           *jsonenrich.Reuse // nil: each event is looked up
}

// source is one source of the file.
type source struct {
	Source

	backend *stages.Backend
	file    pipelinefile.Source
	absent  *UnreachableError // the pipeline was started without it
}

// Options are what a pipeline is given beside its file. Zero values are defaults.
type Options struct {
	// Logger receives the log of the pipeline, of its cache tiers and of its Kafka clients. Defaults to none.
	Logger *slog.Logger
	// OnCall is called after each call of a source, with the time that it took and its error. It is called concurrently. Optional.
	OnCall func(source string, took time.Duration, err error)
	// Lookup answers in place of the file's sources, of which none is connected to, nor is a shared cache. It is called for
	// each stage in the order of the file. Optional.
	Lookup func(*Stage) Lookup
	// Reuse caches encoded results by event keys for up to 10 s, while no row has expired or been invalidated. Nothing is looked
	// up for an event that gets such results, and Found knows nothing of it.
	Reuse bool
	// Fresh leaves the cache out: every micro-batch asks the sources. Defaults to what the file says.
	Fresh bool
	// Tiers are below the memory, fastest first, and above those of the file. Whoever opened them closes them, after the
	// Pipeline. Optional.
	Tiers []cachetier.Tier
	// JSONEvents says that values and keys of records whose schemas are in the registry are JSON, as they would be decoded. Values of a
	// schema file are encoded by it. The registry is not asked, and outputs are JSON.
	JSONEvents bool
	// ReadBackOutputs says that outputs that have a schema are JSON, as consumers read the encoded values. Nothing is registered.
	ReadBackOutputs bool
	// OnOutputSchema is called with each schema of outputs that is known at start. Schemas are then not registered, and nothing can be
	// encoded. Optional.
	OnOutputSchema func(codec.Checked)
	// Start says what becomes of sources that are not reachable. nil: Open fails after about 10 s.
	Start *Start
	// Certificates is told of the TLS files of sources, cache and Kafka. Defaults to none.
	Certificates *tlsfiles.Watch
}

// onCall is OnCall for one source.
func (o Options) onCall(source string) func(time.Duration, error) {
	if o.OnCall == nil {
		return nil
	}
	return func(took time.Duration, err error) { o.OnCall(source, took, err) }
}

// source opens a source, or what stands in its place.
func (o Options) source(ctx context.Context, file *pipelinefile.File, f pipelinefile.Source, s *schemas) (Source, error) {
	if o.Lookup != nil {
		return standIn{o.Lookup}, nil
	}
	return OpenSource(ctx, file, f, SourceOptions{Certificates: o.Certificates, Logger: o.Logger, Registry: s.client, RegistryBackend: s.backend})
}

// Open connects to the sources of a layout, prepares every statement and builds the plan. A source that is not reachable is an
// *UnreachableError, unless Options.Start says otherwise. A mistake in a stage is a *strictyaml.Error. Open joins all errors.
func Open(ctx context.Context, layout *Layout, opts Options) (_ *Pipeline, err error) {
	p := &Pipeline{sources: map[string]*source{}, cached: map[string]cached{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if err := p.openSchemas(layout.File, opts); err != nil {
		return nil, err
	}
	if err := p.connect(ctx, layout.File, opts); err != nil {
		return nil, err
	}
	if err := p.reachRegistry(ctx, layout.File, opts.Start); err != nil {
		return nil, err
	}
	lookups, err := p.reachAll(ctx, layout, opts.Start)
	if err != nil {
		return nil, err
	}
	if err := p.openOutput(ctx, layout, lookups, opts); err != nil {
		return nil, err
	}
	if layout.File.Cache.Redis != nil && opts.Lookup == nil && !opts.Fresh {
		tier, err := OpenRedisTier(ctx, layout.File, opts.Logger, opts.Certificates)
		if err != nil {
			return nil, err
		}
		p.tiers = append(p.tiers, tier)
	}
	p.allTiers = slices.Concat(opts.Tiers, p.tiers)
	rows, reused := layout.File.Cache.Memory, int64(0)
	if opts.Reuse && !opts.Fresh && layout.reusable(lookups) {
		reused = rows / reuseShare
	}
	if p.memory, err = resultcache.New(resultcache.MemoryConfig{MaxBytes: rows - reused, Tiers: p.allTiers}); err != nil {
		return nil, err
	}
	if reused > 0 {
		p.reuse = jsonenrich.NewReuse(p.memory, reused)
	}
	c := newCompiler(layout, p, lookups, p.reuse)
	c.fresh = opts.Fresh
	if p.Config, err = c.config(opts.Logger, opts.Certificates); err != nil {
		return nil, err
	}
	p.nodes = c.nodes
	p.preloads = c.preloads()
	return p, nil
}

// Lookup returns the lookup of a stage. Stages that ask the same share one.
func (p *Pipeline) Lookup(s *Stage) Lookup { return p.nodes[s.Index].answers.lookup }

// Tiers are the caches below the memory, fastest first, both given and opened.
func (p *Pipeline) Tiers() []cachetier.Tier { return p.allTiers }

// CacheStats is what happened in the cache of all stages. It is safe for concurrent use.
func (p *Pipeline) CacheStats() resultcache.Stats { return p.memory.Stats() }

// Reused counts the events that got cached results, by Options.Reuse. It is safe for concurrent use.
func (p *Pipeline) Reused() uint64 { return p.reuse.Count() }

// SourceStats is how the limits of each source have worked. It is safe for concurrent use.
func (p *Pipeline) SourceStats() map[string]stages.BackendStats {
	all := make(map[string]stages.BackendStats, len(p.sources))
	for name, s := range p.sources {
		all[name] = s.backend.Stats()
	}
	return all
}

// Served says which rows each source has that loads them again when they change. It is safe for concurrent use.
func (p *Pipeline) Served() map[string]lookupext.Served {
	all := map[string]lookupext.Served{}
	for name, s := range p.sources {
		if r, ok := s.Source.(lookupext.Reloader); ok {
			all[name] = r.Served()
		}
	}
	return all
}

// Close ends what is loaded in the background and the connections, and frees the cache. The pipeline must not be running.
func (p *Pipeline) Close() error {
	for _, l := range p.loaders {
		l.Close()
	}
	var problems []error
	for _, s := range p.sources {
		problems = append(problems, s.Close())
	}
	if p.memory != nil {
		p.memory.Close()
	}
	if p.schemas.client != nil {
		p.schemas.client.Close()
	}
	for _, tier := range p.tiers {
		problems = append(problems, tier.Close())
	}
	return errors.Join(problems...)
}

func (p *Pipeline) connect(ctx context.Context, file *pipelinefile.File, opts Options) error {
	for _, f := range file.Sources {
		s, err := opts.source(ctx, file, f, &p.schemas)
		if err != nil {
			return err
		}
		cfg := backendConfig(f)
		cfg.Ping, cfg.OnCall = s.Ping, opts.onCall(f.Name)
		opts.logFailing(&cfg)
		p.sources[f.Name] = &source{Source: s, file: f, backend: stages.NewBackend(cfg)}
	}
	return nil
}

// clashes says whether a stage's result would stand where its parent's rows have a column already.
func clashes(layout *Layout, s *Stage, lookups map[int]Lookup) error {
	if s.Parent < 0 {
		return nil
	}
	rows, known := lookups[s.Parent].(interface{ Columns() []string })
	if !known {
		return nil
	}
	parent := layout.Stages[s.Parent]
	if len(s.Into.Steps) != parent.lists()+1 {
		return nil
	}
	for _, column := range rows.Columns() {
		gone := parent.HasVersions() && slices.Contains(versionColumns, column)
		if column == s.Field() && !gone {
			return layout.File.Errorf("stages."+s.Name+".into", "the rows of %s have a column %s already; choose another name, or leave the column out", parent.Name, column)
		}
	}
	return nil
}
