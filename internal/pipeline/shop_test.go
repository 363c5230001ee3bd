package pipeline_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
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

// seeded returns the bytes of a seeded database.
var seeded = sync.OnceValues(func() (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "loaderline-shop-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "shop.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(context.Background(), shop)
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// shopFile is the path of a seeded database of the test's own.
func shopFile(t *testing.T) string {
	t.Helper()
	bytes, err := seeded()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "shop.db")
	if err := os.WriteFile(path, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func layout(shape, dsn, stages string) (*pipeline.Layout, error) {
	return parse(fmt.Sprintf(head, shape, dsn) + stages)
}

func parse(text string) (*pipeline.Layout, error) {
	file, err := pipelinefile.Parse("pipeline.yaml", []byte(text), pipelinefile.Options{})
	if err != nil {
		return nil, err
	}
	return pipeline.NewLayout(file)
}

// openWith is the pipeline of a file with other keys in its sections input and output, until the test ends.
func openWith(t *testing.T, input, output, stages string) *pipeline.Pipeline {
	t.Helper()
	l, err := parse(with(input, output, shopFile(t), stages))
	if err != nil {
		t.Fatal(err)
	}
	return openLayout(t, l)
}

func with(input, output, dsn, stages string) string {
	text := fmt.Sprintf(head, "nest", dsn) + stages
	text = strings.Replace(text, "group: g}", "group: g"+input+"}", 1)
	return strings.Replace(text, "shape: nest}", strings.TrimPrefix(output, ", ")+"}", 1)
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
	return openOptions(t, l, pipeline.Options{})
}

func openOptions(t *testing.T, l *pipeline.Layout, opts pipeline.Options) *pipeline.Pipeline {
	t.Helper()
	p, err := pipeline.Open(t.Context(), l, opts)
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

// enrich gives what becomes of each event: the value (and the degraded header), "dropped", "filtered", or the failure.
func enrich(t *testing.T, p *pipeline.Pipeline, events ...string) []string {
	t.Helper()
	records := make([]loaderline.Record, len(events))
	for i, e := range events {
		records[i] = loaderline.Record{Value: []byte(e)}
	}
	return enrichRecords(t, p, records...)
}

// enrichRecords is enrich for records.
func enrichRecords(t *testing.T, p *pipeline.Pipeline, records ...loaderline.Record) []string {
	t.Helper()
	var (
		got       = make([]string, len(records))
		documents []jsonenrich.Document
		at        []int
	)
	for i, r := range records {
		d, err := p.Config.Decode(r)
		if errors.Is(err, loaderline.ErrFiltered) {
			got[i] = "filtered"
			continue
		}
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

// published describes records, each on a line: topic and key if there are any, the value, and headers.
func published(records []loaderline.Record, err error) string {
	if failure, ok := errors.AsType[*loaderline.Failure](err); ok {
		return failure.Error()
	}
	if len(records) == 0 {
		return "dropped"
	}
	lines := make([]string, len(records))
	for i, r := range records {
		if r.Topic != "" {
			lines[i] += r.Topic + " "
		}
		if r.Key != nil {
			lines[i] += string(r.Key) + "="
		}
		lines[i] += string(r.Value)
		for _, h := range r.Headers {
			lines[i] += " " + h.Key + ": " + string(h.Value)
		}
	}
	return strings.Join(lines, "\n")
}
