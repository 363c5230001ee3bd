package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Source is what a source of the file is, of whatever kind. It is safe for concurrent use.
type Source interface {
	// Ping asks whether it can be reached. Its error is fatal by stages.ClassOf where only another file can help.
	Ping(ctx context.Context) error
	// Prepare makes ready what a stage asks. What is wrong with the stage is a *strictyaml.Error; a source that cannot
	// tell is an *UnreachableError.
	Prepare(ctx context.Context, s *Stage) (Lookup, error)
	Close() error
	// Identity tells it from a source that can answer otherwise. It may hold secrets.
	Identity() string
}

// Table is a Source whose rows are read before the pipeline starts, and followed from then on.
type Table interface {
	Source
	lookupext.Follower
	// Read waits until the table is complete, as long as that takes.
	Read(ctx context.Context) error
}

// Lookup loads the keys of a stage. See package lookupext for what else some can do.
type Lookup = lookupext.Typed

// asLearner returns a Lookup that can learn the types of its keys, or nil.
func asLearner(l Lookup) lookupext.Learner {
	if learns, ok := l.(lookupext.Learner); ok {
		if _, types := learns.Learned(); types {
			return learns
		}
	}
	return nil
}

// ColumnTypes returns the types of columns as texts.
func ColumnTypes(types map[string]pipelinefile.ColumnType) map[string]string {
	texts := make(map[string]string, len(types))
	for name, t := range types {
		texts[name] = string(t)
	}
	return texts
}

// Secrets returns secrets of the file as the configuration of a lookup has them.
func Secrets(values map[string]strictyaml.Secret) map[string]lookup.Secret {
	secrets := make(map[string]lookup.Secret, len(values))
	for name, value := range values {
		secrets[name] = lookup.Secret(value.Reveal())
	}
	return secrets
}

// SecretsIdentity returns the part of an Identity that tells secrets from others.
func SecretsIdentity(secrets map[string]lookup.Secret) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		fmt.Fprintf(&b, " %q: %q", name, string(secrets[name]))
	}
	return b.String()
}

// standIn answers in place of a source.
type standIn struct{ lookup func(*Stage) Lookup }

func (s standIn) Ping(context.Context) error { return nil }
func (s standIn) Prepare(_ context.Context, stage *Stage) (Lookup, error) {
	return s.lookup(stage), nil
}
func (s standIn) Close() error     { return nil }
func (s standIn) Identity() string { return "" }

// SourceOptions are what a source is given beside the file. Zero values are defaults.
type SourceOptions struct {
	// Certificates is told of the source's TLS files. Defaults to none.
	Certificates *tlsfiles.Watch
	// Logger receives what a source says that loads its rows again. Defaults to none.
	Logger *slog.Logger
	// Registry has the schemas of records, and RegistryBackend bounds its requests. A topic whose records have schemas needs them to
	// be read.
	Registry        *registry.Client
	RegistryBackend *stages.Backend
}

// backendConfig is how the calls of a source are limited: not at all if its rows are in memory.
func backendConfig(f pipelinefile.Source) stages.BackendConfig {
	if f.Kind().Local() {
		return stages.BackendConfig{Name: f.Name, MaxCalls: math.MaxInt16, Timeout: -1}
	}
	cfg := stages.BackendConfig{Name: f.Name, MaxCalls: f.MaxCalls, Timeout: f.Timeout}
	if r := f.Rate; r != nil {
		cfg.CallInterval, cfg.CallBurst = r.Per/time.Duration(r.Calls), r.Burst
	}
	if b := f.Breaker; b.Enabled {
		cfg.BreakerFailures, cfg.BreakerDelay = b.Failures, b.Delay
	}
	if len(f.Errors) > 0 {
		cfg.Errors = make(map[string]stages.Class, len(f.Errors))
		for code, class := range f.Errors {
			cfg.Errors[code] = classes[class]
		}
	}
	return cfg
}

var classes = map[pipelinefile.ErrorClass]stages.Class{
	pipelinefile.ErrorPermanent: stages.Permanent,
	pipelinefile.ErrorTransient: stages.Transient,
	pipelinefile.ErrorFatal:     stages.Fatal,
}

// asks is what a stage asks its source. Stages that ask the same can share the answers.
func (s *Stage) asks() string {
	return fmt.Sprintf("%q %q %q %q %#v %#v %q %q %v %v %q %q %q %q",
		strings.TrimSpace(s.Query), s.Get, s.Hash, s.Format, s.Request, s.Response, s.Key, s.KeyType, s.Many, s.HasVersions(),
		s.Collection, s.Find, s.Project, s.Sort)
}

// askable checks what the stages ask of sources that need not be connected to for that.
func (l *layouter) askable() {
	ctx := context.Background() // Nothing waits for anything.
	var found []error
	for _, f := range l.File.Sources {
		if f.Kind() == pipelinefile.KindSQL || f.GRPC != nil && f.GRPC.Reflection {
			continue
		}
		source, err := OpenSource(ctx, l.File, withoutFiles(f), SourceOptions{})
		if err != nil {
			found = append(found, err)
			continue
		}
		for _, s := range l.Stages {
			if s.Source != f.Name || f.File != nil { // A file is read where it is used.
				continue
			}
			if _, err := source.Prepare(ctx, s); err != nil {
				found = append(found, err)
			}
		}
		if err := source.Close(); err != nil {
			found = append(found, err)
		}
	}
	if err := strictyaml.Join(found); err != nil { // Stages that ask the same can be wrong in the same way.
		l.problems = append(l.problems, err)
	}
}

// withoutFiles is a source that needs no file to be opened: certificates are read where they are used.
func withoutFiles(f pipelinefile.Source) pipelinefile.Source {
	if f.Redis != nil {
		r := *f.Redis
		r.TLS, f.Redis = pipelinefile.TLS{}, &r
	}
	if f.HTTP != nil {
		h := *f.HTTP
		h.TLS, f.HTTP = pipelinefile.TLS{}, &h
		if h.OAuth != nil {
			o := *h.OAuth
			o.TLS, h.OAuth = pipelinefile.TLS{}, &o
		}
	}
	if f.GRPC != nil {
		g := *f.GRPC
		g.TLS, f.GRPC = pipelinefile.TLS{}, &g
	}
	if f.MongoDB != nil {
		m := *f.MongoDB
		m.TLS, f.MongoDB = pipelinefile.TLS{}, &m
	}
	return f
}
