// Package sqlsource opens databases as sources of a pipeline file, with the drivers that the program imports.
package sqlsource

import (
	"context"
	"errors"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

// database is a source of kind sql.
type database struct {
	lookup.Client[sqllookup.Query]
	file *pipelinefile.File
	dsn  strictyaml.Secret
}

// Open is a pipeline.SourceOpener.
func Open(ctx context.Context, file *pipelinefile.File, f pipelinefile.Source, _ pipeline.SourceOptions) (pipeline.Source, error) {
	db, err := sqllookup.Open(ctx, sqllookup.Config{
		Driver: string(f.SQL.Driver), DSN: lookup.Secret(f.SQL.DSN.Reveal()), Pool: f.SQL.Pool, Timeout: f.Timeout,
	})
	if err != nil {
		return nil, file.Errorf("sources."+f.Name+".sql.dsn", "%v", err)
	}
	return &database{Client: db, file: file, dsn: f.SQL.DSN}, nil
}

// Prepare has the database prepare the stage's statement.
func (d *database) Prepare(ctx context.Context, s *pipeline.Stage) (pipeline.Lookup, error) {
	made, err := d.Lookup(ctx, sqllookup.Query{Name: s.Name, SQL: s.Query, Key: s.Key, KeyType: s.KeyType, Many: s.Stage.List()})
	switch {
	case err == nil:
	case stages.ClassOf(err) == stages.Fatal:
		// The place names the stage already.
		return nil, d.file.Errorf("stages."+s.Name+".query", "%s%s", strings.TrimPrefix(err.Error(), "stage "+s.Name+": "), rightsOf(err))
	default:
		return nil, &pipeline.UnreachableError{Source: s.Source, Err: err}
	}
	l := made.(lookupext.Database)
	if n := len(l.Types()); n != len(s.By) {
		return nil, d.file.Errorf("stages."+s.Name+".by", "the key has %s here and %d in the statement", plural.Count(len(s.By), "part"), n)
	}
	if s.Preload == nil {
		return l, nil
	}
	rows, err := l.Scan(ctx, s.Preload.Query)
	switch {
	case err == nil:
		return &pipeline.Scannable{Database: l, Rows: rows}, nil
	case stages.ClassOf(err) == stages.Fatal:
		return nil, d.file.Errorf("stages."+s.Name+".preload.query", "%v%s", err, rightsOf(err))
	default:
		return nil, &pipeline.UnreachableError{Source: s.Source, Err: err}
	}
}

func (d *database) Identity() string { return d.dsn.Reveal() }

// insufficientPrivilege is the SQLSTATE of a missing right.
const insufficientPrivilege = "42501"

// rightsOf says how the database's user gets a right that it lacks, if that is what is wrong.
func rightsOf(err error) string {
	if said, ok := errors.AsType[lookup.Error](err); ok && said.Code() == insufficientPrivilege {
		return "; the source's user lacks a right: GRANT it SELECT on the tables that the query reads, and USAGE on their schema"
	}
	return ""
}
