package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/unrequested"
	"github.com/loaderline/loaderline/stages/lookup"
)

const (
	brokerTimeout = 5 * time.Second
	sourceTry     = 3 * time.Second
)

// sources checks each source and, if it can be reached, its statements; and the shared cache. It runs beside other checks.
func (c Check) sources(ctx context.Context) <-chan []Finding {
	done := make(chan []Finding, 1)
	go func() {
		var findings []Finding
		c.Report = func(f Finding) { findings = append(findings, f) }
		for _, source := range c.Layout.File.Sources {
			if err := c.source(ctx, source); err != nil {
				c.failed("source", source.Name, err)
			}
		}
		if c.Layout.File.Registry != nil {
			c.registry(ctx)
		}
		if c.Layout.File.Cache.Redis != nil {
			c.sharedCache(ctx)
		}
		if c.Layout.File.Cache.Disk != nil {
			c.diskCache()
		}
		done <- findings
	}()
	return done
}

// source returns an error only if it reports no finding itself.
func (c Check) source(ctx context.Context, file pipelinefile.Source) (err error) {
	source, err := pipeline.OpenSource(ctx, c.Layout.File, file, pipeline.SourceOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if topic, ok := source.(lookupext.Follower); ok {
		return c.table(ctx, source, topic, file)
	}
	err = pipeline.Reach(ctx, file.Name, func(ctx context.Context) error {
		try, cancel := context.WithTimeout(ctx, sourceTry)
		defer cancel()
		return source.Ping(try)
	})
	if err != nil {
		return err
	}
	if file.HTTP != nil && file.HTTP.Health == "" {
		c.ok("source", file.Name, "http accepts connections; only health would tell whether it works and lets us in")
	} else {
		c.ok("source", file.Name, "%s answers", file.Driver())
	}
	c.stages(ctx, source, file.Name)
	return nil
}

// table checks a source that is a topic, which is not read.
func (c Check) table(ctx context.Context, source pipeline.Source, topic lookupext.Follower, file pipelinefile.Source) error {
	detail, warning, err := topic.Describe(ctx)
	if err != nil {
		return err
	}
	if warning != "" {
		c.Report(Finding{What: "source", Name: file.Name, OK: true, Warning: true, Detail: detail + "; " + warning})
	} else {
		c.ok("source", file.Name, "%s", detail)
	}
	c.stages(ctx, source, file.Name)
	return nil
}

// stages checks the stages of a source.
func (c Check) stages(ctx context.Context, source pipeline.Source, name string) {
	for _, s := range c.Layout.Stages {
		if s.Source == name {
			c.stage(ctx, source, s)
		}
	}
}

// stage prepares what a stage asks.
func (c Check) stage(ctx context.Context, source pipeline.Source, s *pipeline.Stage) {
	l, err := source.Prepare(ctx, s)
	if err != nil {
		c.failed("stage", s.Name, err)
		return
	}
	if problem, warning := probe(ctx, l); problem != nil {
		c.failed("stage", s.Name, c.Layout.File.Errorf("stages."+s.Name, "request without keys: %v", problem))
		return
	} else if warning != nil {
		c.Report(Finding{What: "stage", Name: s.Name, OK: true, Warning: true, Detail: fmt.Sprintf("request without keys: %v", warning)})
		return
	}
	types := make([]string, len(l.Types()))
	for i, t := range l.Types() {
		types[i] = t.String()
	}
	table, isTable := l.(lookupext.Database)
	switch {
	case isTable:
		what := "prepared"
		if s.Preload != nil {
			what = "prepared with its preload"
		}
		c.ok("stage", s.Name, "%s, %s, columns %s", what, keyed(s.Key, types), strings.Join(table.Columns(), ", "))
		c.unrequestedRows(ctx, s.Name, table)
	case len(s.Key) > 0:
		c.ok("stage", s.Name, "right in itself, %s", keyed(s.Key, types))
	default:
		c.ok("stage", s.Name, "right in itself, key (%s)", strings.Join(types, ", "))
	}
}

// unrequestedRows warns of a statement that returns rows for no keys.
func (c Check) unrequestedRows(ctx context.Context, stage string, table lookupext.Database) {
	try, cancel := context.WithTimeout(ctx, sourceTry)
	defer cancel()
	// An error is not the stage's fault, since its statement was prepared: it may take long without keys.
	if returns, err := table.ReturnsExtra(try); err == nil && returns {
		c.Report(Finding{
			What: "stage", Name: stage, OK: true, Warning: true,
			Detail: unrequested.Rows + ": the statement returns rows although it gets no keys",
		})
	}
}

// probe sends a request without keys if a stage's source can take one. A 404 or NOT_FOUND can mean that there are no keys, and a
// collection of MongoDB may be made later.
func probe(ctx context.Context, l pipeline.Lookup) (problem, warning error) {
	service, ok := l.(lookupext.Prober)
	if !ok {
		return nil, nil
	}
	try, cancel := context.WithTimeout(ctx, sourceTry)
	defer cancel()
	err := service.Probe(try)
	said, ok := errors.AsType[lookup.Error](err)
	if ok && slices.Contains([]string{"404", "410", "NOT_FOUND", "NamespaceNotFound"}, said.Code()) {
		return nil, err
	}
	return err, nil
}

// keyed says which columns hold the key, and of what types they are.
func keyed(columns, types []string) string {
	if len(columns) != len(types) {
		columns = []string{lookupext.KeyMember}
	}
	if len(columns) != len(types) {
		return "key types " + strings.Join(types, ", ")
	}
	parts := make([]string, len(columns))
	for i := range columns {
		parts[i] = fmt.Sprintf("%s (%s)", columns[i], types[i])
	}
	return "key " + strings.Join(parts, ", ")
}
