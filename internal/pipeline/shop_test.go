package pipeline_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/runscope"
)

const shop = `
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, plan_id TEXT);
INSERT INTO users VALUES (1, 'Ada', 'pro'), (2, 'Grace "G"', NULL), (3, 'Edsger', 'none');
CREATE TABLE profiles (id INTEGER PRIMARY KEY, profile JSON);
INSERT INTO profiles VALUES (1, '{"plan": "pro"}');
CREATE TABLE plans (id TEXT PRIMARY KEY, price INTEGER);
INSERT INTO plans VALUES ('pro', 900);
CREATE TABLE purchases (id INTEGER PRIMARY KEY, user_id INTEGER, product_id INTEGER);
INSERT INTO purchases VALUES (10, 1, 100), (11, 1, 101), (12, 1, 100), (13, 3, 102);
CREATE TABLE reviews (id INTEGER PRIMARY KEY, product_id INTEGER, rating INTEGER, author INTEGER);
INSERT INTO reviews VALUES (50, 100, 5, 2), (51, 100, 3, 9), (52, 101, 4, 1);
CREATE TABLE tenants (tenant TEXT, id INTEGER, name TEXT);
INSERT INTO tenants VALUES ('a', 1, 'one of a'), ('b', 1, 'one of b');
`

const head = `
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: g}
output: {topic: out, shape: %s}
dead_letter: {topic: dead}
sources:
  shop: {sql: {driver: sqlite, dsn: %q}}
stages:
`

// shopFile is the path of a seeded database.
func shopFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func layout(shape, dsn, stages string) (*pipeline.Layout, error) {
	file, err := pipelinefile.Parse("pipeline.yaml", []byte(fmt.Sprintf(head, shape, dsn)+stages), pipelinefile.Options{})
	if err != nil {
		return nil, err
	}
	return pipeline.NewLayout(file)
}

func open(t *testing.T, shape, stages string) *pipeline.Pipeline {
	t.Helper()
	l, err := layout(shape, shopFile(t), stages)
	if err != nil {
		t.Fatal(err)
	}
	return openLayout(t, l)
}

// openLayout is the pipeline of a layout, until the test ends.
func openLayout(t *testing.T, l *pipeline.Layout) *pipeline.Pipeline {
	t.Helper()
	p, err := pipeline.Open(t.Context(), l, pipeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// enrich gives what becomes of each event: the value (and the degraded header), "dropped", or the failure.
func enrich(t *testing.T, p *pipeline.Pipeline, events ...string) []string {
	t.Helper()
	var (
		got       = make([]string, len(events))
		documents []jsonenrich.Document
		at        []int
	)
	for i, e := range events {
		d, err := p.Config.Decode(loaderline.Record{Value: []byte(e)})
		if err != nil {
			got[i] = err.Error()
			continue
		}
		documents, at = append(documents, d), append(at, i)
	}
	ctx, scope := runscope.New(context.Background(), len(documents))
	defer scope.Release()
	rows := p.Config.Plan.Run(ctx, documents)
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for i := range documents {
		got[at[i]] = published(p.Config.Encode(rows.At(i)))
	}
	return got
}

func published(records []loaderline.Record, err error) string {
	if failure, ok := errors.AsType[*loaderline.Failure](err); ok {
		return failure.Error()
	}
	if len(records) == 0 {
		return "dropped"
	}
	value := string(records[0].Value)
	for _, h := range records[0].Headers {
		value += " " + h.Key + ": " + string(h.Value)
	}
	return value
}
