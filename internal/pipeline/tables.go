package pipeline

import (
	"context"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/stages"
)

// tables returns the sources that are tables, by name.
func (p *Pipeline) tables() map[string]Table {
	all := map[string]Table{}
	for name, s := range p.sources {
		if t, ok := s.Source.(Table); ok {
			all[name] = t
		}
	}
	return all
}

// awaitTables waits, not for long, until each table is as current as the file wants it to be. An event that gets encoded results of
// an earlier one asks no source, so this comes before the first event of a micro-batch is decoded. It returns errors as a plan does.
func (p *Pipeline) awaitTables(ctx context.Context, tables map[string]Table) error {
	for name, t := range tables {
		err := t.Await(ctx)
		switch {
		case err == nil:
		case stages.ClassOf(err) == stages.Fatal:
			return &loaderr.FatalError{Loader: name, Err: err}
		case ctx.Err() != nil:
			return context.Cause(ctx)
		default:
			return &loaderr.OutageError{Loader: name, Source: name, Ping: p.sources[name].backend.Ping, Err: err}
		}
	}
	return nil
}

// prepareRecords returns what Config.Prepare is; nil if there is nothing to prepare.
func (p *Pipeline) prepareRecords() func(context.Context, []*loaderline.Record) error {
	schemas, tables := p.schemas.prepare(), p.tables()
	if len(tables) == 0 {
		return schemas
	}
	return func(ctx context.Context, records []*loaderline.Record) error {
		if err := p.awaitTables(ctx, tables); err != nil || schemas == nil {
			return err
		}
		return schemas(ctx, records)
	}
}
