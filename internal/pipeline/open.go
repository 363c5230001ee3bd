package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

// connectTime bounds the tries to reach a source at start.
const connectTime = 10 * time.Second

// Pipeline is a compiled file with its connections open.
type Pipeline struct {
	Config loaderline.Config[Document]

	sources map[string]*source
	memory  *cache.Memory
	cached  map[string]cached // by stage
}

// source is one database of the file.
type source struct {
	db      *sqllookup.DB
	backend *stages.Backend
	file    pipelinefile.Source
}

// UnreachableError says that a source did not answer at start.
type UnreachableError struct {
	Source string
	Err    error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("source %s is not reachable: %v", e.Source, e.Err)
}
func (e *UnreachableError) Unwrap() error { return e.Err }

// Options are what a pipeline is given beside its file. Zero values are defaults.
type Options struct {
	// Logger receives the log of the pipeline and of its Kafka clients. Defaults to none.
	Logger *slog.Logger
	// OnCall is called after each call of a source, with the time that it took and its error. It is called concurrently. Optional.
	OnCall func(source string, took time.Duration, err error)
}

// onCall is OnCall for one source.
func (o Options) onCall(source string) func(time.Duration, error) {
	if o.OnCall == nil {
		return nil
	}
	return func(took time.Duration, err error) { o.OnCall(source, took, err) }
}

// Open connects to the sources of a layout, prepares every statement and builds the plan. A source that does not
// answer within about 10 s is an *UnreachableError; what is wrong with a stage is a *pipelinefile.Error, all of them joined.
func Open(ctx context.Context, layout *Layout, opts Options) (_ *Pipeline, err error) {
	p := &Pipeline{sources: map[string]*source{}, cached: map[string]cached{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if err := p.connect(ctx, layout.File, opts); err != nil {
		return nil, err
	}
	lookups, err := p.prepare(ctx, layout)
	if err != nil {
		return nil, err
	}
	if p.memory, err = cache.New(cache.MemoryConfig{MaxBytes: layout.File.Cache.Memory}); err != nil {
		return nil, err
	}
	c := newCompiler(layout, p, lookups)
	if p.Config, err = c.config(opts.Logger); err != nil {
		return nil, err
	}
	return p, nil
}

// CacheStats is what happened in the cache of all stages. It is safe for concurrent use.
func (p *Pipeline) CacheStats() cache.Stats { return p.memory.Stats() }

// Close ends the connections and frees the cache. The pipeline must not be running.
func (p *Pipeline) Close() error {
	var problems []error
	for _, s := range p.sources {
		problems = append(problems, s.db.Close())
	}
	if p.memory != nil {
		p.memory.Close()
	}
	return errors.Join(problems...)
}

func (p *Pipeline) connect(ctx context.Context, file *pipelinefile.File, opts Options) error {
	for _, f := range file.Sources {
		db, err := sqllookup.Open(ctx, sqllookup.Config{
			Driver: string(f.SQL.Driver), DSN: f.SQL.DSN.Reveal(), Pool: f.SQL.Pool, Timeout: f.Timeout,
		})
		if err != nil {
			return file.Errorf("sources."+f.Name+".sql.dsn", "%v", err)
		}
		p.sources[f.Name] = &source{db: db, file: f, backend: stages.NewBackend(stages.BackendConfig{
			Name: f.Name, MaxCalls: f.MaxCalls, Timeout: f.Timeout, Ping: db.Ping, OnCall: opts.onCall(f.Name),
		})}
	}
	for _, f := range file.Sources {
		if err := p.sources[f.Name].reach(ctx); err != nil {
			return &UnreachableError{Source: f.Name, Err: err}
		}
	}
	return nil
}

// reach waits until the source answers.
func (s *source) reach(ctx context.Context) error {
	tries := backoff.NewExponentialBackOff(backoff.WithInitialInterval(200*time.Millisecond), backoff.WithMaxElapsedTime(connectTime))
	return backoff.Retry(func() error { return s.backend.Ping(ctx) }, backoff.WithContext(tries, ctx))
}

// prepare prepares the statements of all stages, those that are the same once, and reports all problems at once.
func (p *Pipeline) prepare(ctx context.Context, layout *Layout) (map[int]*sqllookup.Lookup, error) {
	var (
		problems []error
		lookups  = map[int]*sqllookup.Lookup{}
	)
	for _, s := range layout.Stages {
		l, err := p.sources[s.Source].db.Lookup(ctx, sqllookup.Query{
			Name: s.Name, SQL: s.Query, Key: s.Key, KeyType: s.KeyType, Many: s.Many,
		})
		switch {
		case err == nil:
			lookups[s.Index] = l
			if n := len(l.Types()); n != len(s.By) {
				problems = append(problems, layout.File.Errorf("stages."+s.Name+".by",
					"the key has %d parts here and %d in the statement", len(s.By), n))
			}
		case stages.ClassOf(err) == stages.Fatal:
			problems = append(problems, layout.File.Errorf("stages."+s.Name+".query", "%v", err))
		default:
			return nil, &UnreachableError{Source: s.Source, Err: err}
		}
	}
	for _, s := range layout.Stages {
		if err := clashes(layout, s, lookups); err != nil {
			problems = append(problems, err)
		}
	}
	return lookups, errors.Join(problems...)
}

// clashes says whether a stage's result would stand where its parent's rows have a column already.
func clashes(layout *Layout, s *Stage, lookups map[int]*sqllookup.Lookup) error {
	if s.Parent < 0 || lookups[s.Parent] == nil {
		return nil
	}
	parent := layout.Stages[s.Parent]
	if len(s.Into.Steps) != parent.lists()+1 {
		return nil
	}
	for _, column := range lookups[s.Parent].Columns() {
		if column == s.Field() {
			return layout.File.Errorf("stages."+s.Name+".into", "the rows of %s have a column %s already; choose another name, or leave the column out", parent.Name, column)
		}
	}
	return nil
}
