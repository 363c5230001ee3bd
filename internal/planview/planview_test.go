package planview_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/planview"
)

const file = `
name: orders
kafka: {brokers: [localhost:9092]}
input: {topics: [a, b], group: enrich, start: latest, tombstones: drop}
sources:
  one: {sql: {driver: postgres, dsn: "postgres://u:canary@db/shop"}}
  two: {sql: {driver: sqlite, dsn: shop.db}}
stages:
  user: {source: one, by: [event.tenant, event.id], query: "SELECT * FROM u WHERE (tenant, id) IN ($keys)", key: [tenant, id], on_missing: drop, on_error: keep}
  orders: {source: one, by: user.id, query: "SELECT * FROM o WHERE u IN ($keys)", key: u, many: true, cache: {ttl: 1h30m, negative_ttl: 1s}}
  items: {source: two, by: "orders[].id", query: "SELECT * FROM i WHERE o IN ($keys)", key: o, key_type: bigint, on_error: keep}
  plan: {source: two, by: user.plan, query: "SELECT * FROM p WHERE id IN ($keys)", key: id, on_error: keep, into: user.plan_row}
cache: {invalidate: {topic: commands, changes: [{topic: shop.orders, key: user_id, stages: [orders]}]}}
output: {topic: out, delivery: at_least_once, shape: merge, partition: source}
dead_letter: {topic: dead}
`

const tree = `pipeline orders

in    a, b
      group enrich, starts at latest, tombstones: drop
event
└─ user = one row from one (postgres) by event.tenant, event.id
   │  into user, not cached: no ttl
   │  no row: drop the event, failed: null in out
   ├─ orders = list from one (postgres) by user.id
   │  │  into orders, cached 1h30m, missing keys 1s
   │  │  invalidated by shop.orders, commands
   │  │  no row: [] in out, failed: dead letter
   │  └─ items = one row from two (sqlite) by orders[].id
   │        into items, not cached: no ttl
   │        no row: null in out, failed: null in out
   └─ plan = one row from two (sqlite) by user.plan
         into user.plan_row, not cached: no ttl
         no row: null in out, failed: null in out
out   out
      at least once, stages beside the event's fields, partition by source
dead  dead
      what is not a JSON object; a key or lookup that fails in orders; what is too large
`

func TestTree(t *testing.T) {
	f, err := pipelinefile.Parse("orders.yaml", []byte(file), pipelinefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := pipeline.NewLayout(f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tree, planview.New(layout).Tree()); diff != "" {
		t.Error(diff)
	}
}
