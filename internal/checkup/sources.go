package checkup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

const (
	brokerTimeout = 5 * time.Second
	sourceTry     = 3 * time.Second
)

// sources checks each source, and the statements of those that answer, while others are checked.
func (c Checkup) sources(ctx context.Context) <-chan []Finding {
	done := make(chan []Finding, 1)
	go func() {
		var findings []Finding
		c.Report = func(f Finding) { findings = append(findings, f) }
		for _, source := range c.Layout.File.Sources {
			if err := c.source(ctx, source); err != nil {
				c.failed("source", source.Name, err)
			}
		}
		done <- findings
	}()
	return done
}

// source answers an error only where it makes no finding itself.
func (c Checkup) source(ctx context.Context, source pipelinefile.Source) (err error) {
	db, err := sqllookup.Open(ctx, sqllookup.Config{Driver: string(source.SQL.Driver), DSN: source.SQL.DSN.Reveal(), Pool: 1, Timeout: source.Timeout})
	if err != nil {
		return c.Layout.File.Errorf("sources."+source.Name+".sql.dsn", "%v", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = pipeline.Reach(ctx, source.Name, func(ctx context.Context) error {
		try, cancel := context.WithTimeout(ctx, sourceTry)
		defer cancel()
		return db.Ping(try)
	})
	if err != nil {
		return err
	}
	c.ok("source", source.Name, "%s answers", source.SQL.Driver)
	for _, s := range c.Layout.Stages {
		if s.Source == source.Name {
			c.stage(ctx, db, s)
		}
	}
	return nil
}

// stage prepares a stage's statement.
func (c Checkup) stage(ctx context.Context, db *sqllookup.DB, s *pipeline.Stage) {
	lookup, err := db.Lookup(ctx, sqllookup.Query{Name: s.Name, SQL: s.Query, Key: s.Key, KeyType: s.KeyType, Many: s.Many})
	if err != nil {
		if stages.ClassOf(err) == stages.Fatal {
			wrong := pipeline.WrongQuery(c.Layout.File, s.Name, err)
			wrong.Message += rightsOf(err)
			err = wrong
		} else {
			err = &pipeline.UnreachableError{Source: s.Source, Err: err}
		}
		c.failed("stage", s.Name, err)
		return
	}
	types := make([]string, len(lookup.Types()))
	for i, t := range lookup.Types() {
		types[i] = t.String()
	}
	c.ok("stage", s.Name, "prepared, %s, columns %s", keyed(s.Key, types), strings.Join(lookup.Columns(), ", "))
}

// insufficientPrivilege is the SQLSTATE of a missing right.
const insufficientPrivilege = "42501"

// rightsOf says how the database's user gets a right that it lacks, if that is what is wrong.
func rightsOf(err error) string {
	if said, ok := errors.AsType[*sqllookup.Error](err); ok && said.Code() == insufficientPrivilege {
		return "; the source's user lacks a right: GRANT it SELECT on the tables that the query reads, and USAGE on their schema"
	}
	return ""
}

// keyed says which columns hold the key, and of what types they are.
func keyed(columns, types []string) string {
	if len(columns) != len(types) {
		columns = []string{"_key"}
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
