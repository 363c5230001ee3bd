package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/loaderline/loaderline/internal/logattr"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/stages"
)

// Start says what Open does about a source that is not reachable. Errors that waiting does not fix fail in any case.
// Its functions are called concurrently.
type Start struct {
	// Wait waits for sources for as long as the context lasts, and not for about 10 s.
	Wait bool
	// OnAway is called with each try that fails. Optional.
	OnAway func(Away)
	// OnReached is called when a source was reached. Optional.
	OnReached func(source string)
	// OnTable is called before a topic is read as a table, with how far that is. Optional.
	OnTable func(source string, status func() lookupext.TableStatus)
}

// Away is a source that was not reached.
type Away struct {
	Source string
	Err    error
	// Optional says that the pipeline can start without it: each of its stages says what becomes of events meanwhile.
	Optional bool
}

// away reports a try that failed. Nobody listens to a nil Start.
func (s *Start) away(a Away) {
	if s != nil && s.OnAway != nil {
		s.OnAway(a)
	}
}

// optionalTime bounds the tries to reach a source that the pipeline can start without.
const optionalTime = 3 * time.Second

// optional says that the pipeline can start without a source.
func (l *Layout) optional(source string) bool {
	return !slices.ContainsFunc(l.Stages, func(s *Stage) bool { return s.Source == source && s.waitsOut() })
}

// reach reaches a source, and prepares its stages' statements. It may leave a source absent that the pipeline can
// start without. Its error is an *UnreachableError, or joined *strictyaml.Errors.
func (p *Pipeline) reach(ctx context.Context, layout *Layout, name string, start *Start) (map[int]Lookup, error) {
	source, optional := p.sources[name], false
	if t, ok := source.Source.(Table); ok && start != nil && start.OnTable != nil {
		start.OnTable(name, t.Status)
	}
	limit := connectTime
	if start != nil {
		switch optional = layout.optional(name); {
		case optional:
			limit = optionalTime
		case start.Wait:
			limit = 0
		}
	}
	var lookups map[int]Lookup
	err := reach(ctx, name, limit, func(ctx context.Context) error {
		var err error
		lookups, err = p.ask(ctx, layout, name)
		return err
	}, func(err error) {
		start.away(Away{Source: name, Err: err, Optional: optional})
	})
	switch {
	case err == nil:
		if start != nil && start.OnReached != nil {
			start.OnReached(name)
		}
	case optional && ctx.Err() == nil && isAway(err):
		source.absent, _ = errors.AsType[*UnreachableError](err)
		lookups, err = map[int]Lookup{}, nil
		for _, s := range layout.Stages {
			if s.Source == name {
				lookups[s.Index] = absent{err: source.absent, parts: len(s.By)}
			}
		}
	}
	return lookups, err
}

// ask pings a source, and prepares its stages' statements. A topic is read first, which takes as long as it takes.
func (p *Pipeline) ask(ctx context.Context, layout *Layout, name string) (map[int]Lookup, error) {
	if t, ok := p.sources[name].Source.(Table); ok {
		if err := t.Read(ctx); err != nil {
			return nil, &UnreachableError{Source: name, Err: err, Permanent: stages.ClassOf(err) == stages.Fatal}
		}
	}
	if err := p.sources[name].backend.Ping(ctx); err != nil {
		return nil, err
	}
	return p.prepare(ctx, layout, name)
}

// isAway says that a source is not reachable, and may be later.
func isAway(err error) bool {
	away, is := errors.AsType[*UnreachableError](err)
	return is && !away.Permanent
}

// reachAll reaches all sources side by side, so that each reports at once that it is away. A source that can never be
// reached ends the wait for the others.
func (p *Pipeline) reachAll(ctx context.Context, layout *Layout, start *Start) (map[int]Lookup, error) {
	reaching, cancel := context.WithCancel(ctx)
	defer cancel()
	files := layout.File.Sources
	found, problems := make([]map[int]Lookup, len(files)), make([]error, len(files))
	var group sync.WaitGroup
	for i, f := range files {
		group.Go(func() {
			lookups, err := p.reach(reaching, layout, f.Name, start)
			if err != nil && (reaching.Err() == nil || !isAway(err)) {
				problems[i] = err
				if start != nil && start.Wait {
					cancel()
				}
			}
			found[i] = lookups
		})
	}
	group.Wait()
	if err := context.Cause(ctx); err != nil && errors.Join(problems...) == nil {
		return nil, fmt.Errorf("reach the sources: %w", err)
	}
	lookups := map[int]Lookup{}
	for _, of := range found {
		maps.Copy(lookups, of)
	}
	all := problems
	for _, s := range layout.Stages {
		if err := clashes(layout, s, lookups); err != nil {
			all = append(all, err)
		}
	}
	return lookups, strictyaml.Join(all)
}

// prepare prepares the stages' statements for a source, and reports all problems at once.
func (p *Pipeline) prepare(ctx context.Context, layout *Layout, source string) (map[int]Lookup, error) {
	var problems []error
	lookups := map[int]Lookup{}
	for _, s := range layout.Stages {
		if s.Source != source {
			continue
		}
		l, err := p.sources[source].Prepare(ctx, s)
		if _, unreachable := errors.AsType[*UnreachableError](err); unreachable {
			return nil, err
		}
		if err == nil {
			err = checkVersions(layout, s, l)
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		lookups[s.Index] = l
	}
	return lookups, errors.Join(problems...)
}

// logFailing makes a backend log when its calls fail, and when they succeed again.
func (o Options) logFailing(cfg *stages.BackendConfig) {
	if o.Logger == nil {
		return
	}
	source := cfg.Name
	cfg.OnFailing = func(stage string, since time.Time, err error) {
		if err == nil {
			o.Logger.LogAttrs(context.Background(), slog.LevelInfo, "source answers again",
				slog.String("stage", stage), slog.String("source", source), logattr.Seconds("seconds", time.Since(since)))
			return
		}
		o.Logger.LogAttrs(context.Background(), slog.LevelWarn, "source does not answer, retrying",
			slog.String("stage", stage), slog.String("source", source), slog.Time("since", since), slog.Any("error", err))
	}
}
