package pipeline_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/testenv"
)

const people = `
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: g}
output: {topic: out, shape: nest}
dead_letter: {topic: dead}
sources:
  db: {sql: {driver: %s, dsn: %q}}
stages:
  user: {source: db, by: event.k, query: "SELECT id, name FROM people WHERE id IN ($keys)", key: id, cache: {ttl: 1h}}
cache:
  invalidate:
    topic: commands
`

const changesOfPeople = `    changes: [{topic: people, key: id, stages: [user]}]
`

// peopleIn opens a pipeline on a table whose keys are of some type.
func peopleIn(t *testing.T, driver, idType, topics string, ids ...string) (*pipeline.Layout, *pipeline.Pipeline, func(statement string)) {
	t.Helper()
	dsn, open := filepath.Join(t.TempDir(), "people.db"), "sqlite"
	if driver == "postgres" {
		dsn, open = testenv.Postgres(t), "pgx"
	}
	db, err := sql.Open(open, dsn)
	if err != nil {
		t.Fatal(err)
	}
	change := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if driver == "postgres" {
		change("CREATE EXTENSION citext; CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)")
	}
	change("CREATE TABLE people (id " + idType + ", name TEXT)")
	for _, id := range ids {
		change("INSERT INTO people VALUES ('" + id + "', 'old')")
	}
	file, err := pipelinefile.Parse("pipeline.yaml", []byte(fmt.Sprintf(people, driver, dsn)+topics), pipelinefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := pipeline.NewLayout(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.Open(context.WithoutCancel(t.Context()), l, pipeline.Options{Reuse: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, p, change
}

// names are the names that events with some keys are given.
func names(t *testing.T, p *pipeline.Pipeline, keys ...string) string {
	t.Helper()
	events := make([]string, len(keys))
	for i, k := range keys {
		events[i] = fmt.Sprintf(`{"k":%q}`, k)
	}
	var all []string
	for _, got := range enrich(t, p, events...) {
		_, name, _ := strings.Cut(got, `"name":"`)
		if name, _, _ = strings.Cut(name, `"`); name == "" {
			name = "-"
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

// A change of a row reaches what is cached for it under every spelling of its key, whichever of them the change has.
func TestAChangeReachesEverySpelling(t *testing.T) {
	for _, c := range []struct {
		driver, idType, stored string
		spelled                []string
	}{
		{"sqlite", "TEXT COLLATE NOCASE", "Ada", []string{"ada", "ADA", "Ada"}},
		{"postgres", "inet", "2001:db8::1", []string{"2001:DB8::1", "2001:db8:0:0:0:0:0:1", "2001:db8::1"}},
		{"postgres", "citext", "Ada", []string{"ada", "ADA", "Ada"}},
		{"postgres", "citext", "É", []string{"É"}},
		{"postgres", "text COLLATE loose", "É", []string{"é", "É", "e"}},
		{"postgres", "interval", "1 mon", []string{"30 days", "1 mon", "P1M"}},
	} {
		for _, topics := range []string{changesOfPeople, ""} {
			for i, key := range c.spelled {
				t.Run(fmt.Sprintf("%s %s %d", c.idType, key, len(topics)), func(t *testing.T) {
					l, p, change := peopleIn(t, c.driver, c.idType, topics, c.stored)
					v := p.Invalidator(l, nil)
					before := strings.TrimSpace(strings.Repeat("old ", len(c.spelled)))
					if got := names(t, p, c.spelled...); got != before {
						t.Fatalf("before the change: %s", got)
					}
					change("UPDATE people SET name = 'new'")
					record := &kgo.Record{Topic: "commands", Value: fmt.Appendf(nil, `{"stage":"user","keys":[%q]}`, key)}
					if topics != "" {
						record = &kgo.Record{Topic: "people", Key: []byte("1"), Value: fmt.Appendf(nil, `{"id":%q}`, key), Offset: int64(i)}
					}
					if err := v.Apply(t.Context(), []*kgo.Record{record}); err != nil {
						t.Fatal(err)
					}
					if got := names(t, p, c.spelled...); got != strings.ReplaceAll(before, "old", "new") {
						t.Errorf("after the change: %s", got)
					}
				})
			}
		}
	}
}

// A change of a key of printable ASCII leaves other rows in the cache, also where the database ignores case.
func TestAChangeLeavesOtherKeysCached(t *testing.T) {
	l, p, change := peopleIn(t, "postgres", "citext", changesOfPeople, "Ada", "Bob", "É")
	if got := names(t, p, "ada", "BOB", "É"); got != "old old old" {
		t.Fatal(got)
	}
	change("UPDATE people SET name = 'new'")
	if err := p.Invalidator(l, nil).Apply(t.Context(), []*kgo.Record{{Topic: "people", Value: []byte(`{"id":"ADA"}`)}}); err != nil {
		t.Fatal(err)
	}
	if got := names(t, p, "ada", "bob", "É"); got != "new old new" {
		t.Error(got)
	}
}

// What was cached before a migration is not served for keys that the database compares in another way since, and a change reaches
// what is cached after it.
func TestAMigrationChangesWhichKeysAreOne(t *testing.T) {
	for _, c := range []struct {
		before, after string
		migrated      string // the names of ada, ADA and Ada
	}{
		{"text", "citext", "old old old"},
		{"citext", "text", "- - old"},
		{"text", "text COLLATE loose", "old old old"},
	} {
		for _, topics := range []string{changesOfPeople, ""} {
			t.Run(fmt.Sprintf("%s to %s %d", c.before, c.after, len(topics)), func(t *testing.T) {
				l, p, change := peopleIn(t, "postgres", c.before, topics, "Ada", "Bob")
				v := p.Invalidator(l, nil)
				names(t, p, "ada", "ADA", "Ada")
				change("ALTER TABLE people ALTER id TYPE " + c.after)
				names(t, p, "BOB") // It is from here on that the change of the type can be known.
				if got := names(t, p, "ada", "ADA", "Ada"); got != c.migrated {
					t.Errorf("after the migration: %s, want %s", got, c.migrated)
				}
				change("UPDATE people SET name = 'new'")
				record := &kgo.Record{Topic: "commands", Value: []byte(`{"stage":"user","keys":["Ada"]}`)}
				if topics != "" {
					record = &kgo.Record{Topic: "people", Key: []byte("1"), Value: []byte(`{"id":"Ada"}`)}
				}
				if err := v.Apply(t.Context(), []*kgo.Record{record}); err != nil {
					t.Fatal(err)
				}
				if got, want := names(t, p, "ada", "ADA", "Ada"), strings.ReplaceAll(c.migrated, "old", "new"); got != want {
					t.Errorf("after the change: %s, want %s", got, want)
				}
			})
		}
	}
}
