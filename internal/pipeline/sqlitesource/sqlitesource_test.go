package sqlitesource_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/pipeline"
	_ "github.com/loaderline/loaderline/internal/pipeline/sqlitesource" // This program has nothing else.
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

const file = `kafka: {brokers: ["localhost:9092"]}
input: {topics: [events], group: enrich}
output: {topic: enriched}
dead_letter: {topic: dead}
stages: {user: {source: shop, by: event.user_id, query: "SELECT id FROM users WHERE id IN ($keys)", key: id, cache: {ttl: 1m}}}
sources:
  shop: {sql: {driver: sqlite, dsn: shop.db}}
`

// TestWhatTheProgramLacks names what this program is built without, in the file.
func TestWhatTheProgramLacks(t *testing.T) {
	for name, test := range map[string]struct {
		more string // of the file
		want []string
	}{
		"nothing": {"", nil},
		"a driver of databases": {
			`  orders: {sql: {driver: postgres, dsn: "postgres://localhost/orders"}}`,
			[]string{"p.yaml:8:26: sources.orders.sql.driver: this program is built without sources of postgres; use loaderline, which has all"},
		},
		"two kinds": {
			"  kv: {redis: {addresses: ['localhost:6379']}}\n  api: {http: {url: 'http://localhost'}}",
			[]string{
				"p.yaml:8:8: sources.kv.redis: this program is built without sources of redis; use loaderline, which has all",
				"p.yaml:9:9: sources.api.http: this program is built without sources of http; use loaderline, which has all",
			},
		},
		"the cache tiers": {
			"cache: {disk: {path: cache}, redis: {addresses: ['localhost:6379']}}",
			[]string{
				"p.yaml:8:30: cache.redis: this program is built without the cache in Redis; use loaderline, which has all",
				"p.yaml:8:9: cache.disk: this program is built without the cache on disk; use loaderline, which has all",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			parsed, err := pipelinefile.Parse("p.yaml", []byte(file+test.more), pipelinefile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			if _, err := pipeline.NewLayout(parsed); err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestWhatAGoProgramLacks names the package to import.
func TestWhatAGoProgramLacks(t *testing.T) {
	for _, driver := range []string{sqllookup.Postgres, sqllookup.MySQL} {
		_, err := sqllookup.Open(t.Context(), sqllookup.Config{Driver: driver, DSN: "shop"})
		want := fmt.Sprintf("sql: this program is built without the driver %s: import _ \"github.com/loaderline/loaderline/stages/sqllookup/%[1]s\"", driver)
		if fmt.Sprint(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
