package pipelinefile_test

import (
	"strconv"
	"strings"
	"testing"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
)

func TestSQLitePathsAreRelativeToTheFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ dir, driver, dsn, want string }{
		{"conf", "sqlite", "shop.db", "conf/shop.db"},
		{"conf", "sqlite", "../shop.db?mode=rw", "conf/../shop.db?mode=rw"},
		{"conf", "sqlite", "/var/shop.db", "/var/shop.db"},
		{"a b%", "sqlite", "file:shop.db?mode=rw", "file:a%20b%25/shop.db?mode=rw"},
		{"what?", "sqlite", "a#.db", "file:what%3F/a%23.db"},
		{"conf", "sqlite", "file:/var/shop.db", "file:/var/shop.db"},
		{"conf", "sqlite", ":memory:", ":memory:"},
		{"conf", "sqlite", "file:shop?mode=memory&cache=shared", "file:shop?mode=memory&cache=shared"},
		{".", "sqlite", "shop.db", "shop.db"},
		{"", "sqlite", "file:shop.db", "file:shop.db"},
		{"conf", "postgres", "host=db", "host=db"},
	} {
		text := strings.NewReplacer("driver: postgres", "driver: "+test.driver, `"${SHOP_DSN}"`, strconv.Quote(test.dsn)).Replace(`
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: enrich}
sources: {shop: {sql: {driver: postgres, dsn: "${SHOP_DSN}"}}}
stages: {user: {source: shop, by: event.user_id, query: "SELECT id FROM users WHERE id IN ($keys)", key: id}}
output: {topic: enriched}
dead_letter: {topic: dead}
`)
		file, err := pf.Parse("pipeline.yaml", []byte(text), pf.Options{Dir: test.dir})
		if err != nil {
			t.Fatal(err)
		}
		if got := file.Sources[0].SQL.DSN.Reveal(); got != test.want {
			t.Errorf("%s in %q is %s, want %s", test.dsn, test.dir, got, test.want)
		}
	}
}
