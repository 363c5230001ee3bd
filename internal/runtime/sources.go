package runtime

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/logattr"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// awayEvery is how often the log repeats that the run waits for a source.
const awayEvery = time.Minute

// away are the sources that have not been reached since the start.
type away struct {
	mu      sync.Mutex
	sources map[string]*awaySource
}

type awaySource struct {
	since, said time.Time
	optional    bool
}

// Away notes that a source was not reached at start. The run waits for it, or starts without it.
func (r *Run) Away(a pipeline.Away) {
	r.away.mu.Lock()
	defer r.away.mu.Unlock()
	now := time.Now()
	source := r.away.sources[a.Source]
	if source == nil {
		source = &awaySource{since: now}
		if r.away.sources == nil {
			r.away.sources = map[string]*awaySource{}
		}
		r.away.sources[a.Source] = source
	}
	source.optional = a.Optional
	if !source.said.IsZero() && now.Sub(source.said) < awayEvery {
		return
	}
	source.said = now
	attrs := []slog.Attr{slog.String("source", a.Source), slog.Time("since", source.since), slog.Any("error", a.Err)}
	if a.Optional {
		r.log.LogAttrs(context.Background(), slog.LevelWarn, "source is not reachable, starting without it", attrs...)
		return
	}
	r.log.LogAttrs(context.Background(), slog.LevelWarn, "source is not reachable, waiting for it", attrs...)
}

// Reached notes that a source was reached at start.
func (r *Run) Reached(source string) {
	r.away.mu.Lock()
	defer r.away.mu.Unlock()
	if was := r.away.sources[source]; was != nil {
		delete(r.away.sources, source)
		r.log.LogAttrs(context.Background(), slog.LevelInfo, "source is reachable",
			slog.String("source", source), logattr.Seconds("seconds", time.Since(was.since)))
	}
}

// waiting says what the start waits for; empty if nothing.
func (r *Run) waiting() string {
	if sources := r.waitingSources(); sources != "" {
		return sources
	}
	if tables := r.tables.waiting(); tables != "" {
		return tables
	}
	if following := r.following.Load(); following != nil {
		return (*following)()
	}
	return ""
}

func (r *Run) waitingSources() string {
	r.away.mu.Lock()
	defer r.away.mu.Unlock()
	var all []string
	for name, source := range r.away.sources {
		if !source.optional {
			all = append(all, "source "+name+" since "+source.since.UTC().Format(time.RFC3339))
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// failing is since when a source has not responded; zero if it responds.
func (r *Run) failing(source string) time.Time {
	r.away.mu.Lock()
	defer r.away.mu.Unlock()
	if was := r.away.sources[source]; was != nil {
		return was.since
	}
	return r.sourceStats()[source].FailingSince
}

// retries names the sources that are tried again; empty if none.
func (r *Run) retries(file *pipelinefile.File) func() string {
	return func() string {
		var all []string
		for _, source := range file.Sources {
			if since := r.failing(source.Name); !since.IsZero() {
				all = append(all, source.Name+" since "+since.UTC().Format(time.RFC3339))
			}
		}
		return strings.Join(all, ", ")
	}
}

// sources returns the sources that have a breaker, a table or a file, or fail.
func (r *Run) sources(file *pipelinefile.File) []admin.Source {
	all := []admin.Source{}
	stats, tables, files := r.sourceStats(), r.tables.status(), r.servedFiles()
	for _, source := range file.Sources {
		s := admin.Source{Name: source.Name, Breaker: stats[source.Name].Breaker}
		if since := r.failing(source.Name); !since.IsZero() {
			s.FailingSince = &since
		}
		if table, ok := tables[source.Name]; ok {
			s.Table = admin.NewTable(table)
		}
		if file, ok := files[source.Name]; ok {
			s.File = admin.NewFile(file)
		}
		if s.Breaker != "" || s.FailingSince != nil || s.Table != nil || s.File != nil {
			all = append(all, s)
		}
	}
	return all
}
