package pipeline_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/runscope"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/testenv"
)

const benchFile = `
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: g}
output: {topic: out}
dead_letter: {topic: dead}
cache: {ttl: 1h}
sources:
  shop: {sql: {driver: sqlite, dsn: unused}}
stages:
  user: {source: shop, by: event.user_id, query: SELECT id FROM users WHERE id IN ($keys), key: id, on_missing: dead_letter}
  purchases: {source: shop, by: event.user_id, query: SELECT user_id FROM purchases WHERE user_id IN ($keys), key: user_id, many: true}
  reviews:
    source: shop
    by: purchases[].product_id
    query: SELECT product_id FROM reviews WHERE product_id IN ($keys)
    key: product_id
    many: true
    into: purchases[].reviews
`

// benchShop answers as the shop of docs/benchmark.md does, from what is made once.
type benchShop struct{ rows [][]byte }

func (benchShop) Types() lookupkey.Types { return lookupkey.Types{lookupkey.Bigint} }

func (s benchShop) Load(_ context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	for i, k := range b.Keys {
		id, err := strconv.Atoi(string(k))
		if err != nil {
			return err
		}
		b.Set(i, stages.Result[[]byte]{Value: s.rows[id%len(s.rows)], State: stages.Loaded})
	}
	return nil
}

// newBenchShop makes the rows of each stage.
func newBenchShop() map[string]benchShop {
	const users, products = 100_000, 10_000
	shop := map[string]benchShop{"user": {make([][]byte, users)}, "purchases": {make([][]byte, users)}, "reviews": {make([][]byte, products)}}
	for id := range users {
		shop["user"].rows[id] = fmt.Appendf(nil, `{"id":%d,"name":"User %d","email":"user%d@example.com","tier":"free"}`, id, id, id)
		shop["purchases"].rows[id] = list(id%7, func(n int) string {
			return fmt.Sprintf(`{"id":%d,"product_id":%d,"amount_cents":1999,"purchased_at":"2026-01-02T03:04:05Z"}`, id*7+n, (id*31+n*7919)%products)
		})
	}
	for id := range products {
		shop["reviews"].rows[id] = list(id%7, func(n int) string {
			return fmt.Sprintf(`{"id":%d,"product_id":%d,"rating":%d,"body":"Review %d of product %d"}`, id*7+n, id, n%5+1, n, id)
		})
	}
	return shop
}

func list(n int, row func(int) string) []byte {
	text := []byte{'['}
	for i := range n {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, row(i)...)
	}
	return append(text, ']')
}

// openBench opens the pipeline of benchFile over newBenchShop.
func openBench(b *testing.B) *pipeline.Pipeline {
	b.Helper()
	file, err := pipelinefile.Parse("pipeline.yaml", []byte(benchFile), pipelinefile.Options{})
	if err != nil {
		b.Fatal(err)
	}
	layout, err := pipeline.NewLayout(file)
	if err != nil {
		b.Fatal(err)
	}
	shop := newBenchShop()
	open, err := pipeline.Open(b.Context(), layout, pipeline.Options{Lookup: func(s *pipeline.Stage) pipeline.Lookup { return shop[s.Name] }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := open.Close(); err != nil {
			b.Error(err)
		}
	})
	return open
}

// Micro-batches of 5,000 Zipf events with all rows in the cache: what it takes to decode the events, to find their rows
// and to make the records.
func BenchmarkEnrich(b *testing.B) {
	open := openBench(b)
	p, err := loaderline.New(open.Config)
	if err != nil {
		b.Fatal(err)
	}
	const size, batches = 5000, 20
	var all [batches][]*loaderline.Record
	n := 0
	for e := range testenv.Events(testenv.EventsConfig{Count: size * batches}) {
		all[n/size] = append(all[n/size], &loaderline.Record{
			Topic: "events", Partition: int32(n / size % 4), Offset: int64(n), Timestamp: time.UnixMilli(1_764_000_000_000), Key: e.Key, Value: e.Value,
		})
		n++
	}
	enrich := func(i int) int {
		_, tally, err := p.Enrich(b.Context(), all[i%batches])
		if err != nil || tally.Enriched != size {
			b.Fatalf("enriched %d: %v", tally.Enriched, err)
		}
		return tally.Enriched
	}
	for i := range all {
		enrich(i)
	}
	b.ReportAllocs()
	events := 0
	for b.Loop() {
		events += enrich(events / size)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
}

// The encoder alone, over rows whose results are there.
func BenchmarkEncode(b *testing.B) {
	config := openBench(b).Config
	var events []jsonenrich.Document
	for e := range testenv.Events(testenv.EventsConfig{Count: 5000}) {
		event, err := config.Decode(loaderline.Record{Key: e.Key, Value: e.Value})
		if err != nil {
			b.Fatal(err)
		}
		events = append(events, event)
	}
	b.ReportAllocs()
	records, bytes := 0, 0
	for b.Loop() {
		b.StopTimer()
		ctx, _ := runscope.New(b.Context(), len(events))
		rows := config.Plan.Run(ctx, events)
		b.StartTimer()
		for row := range rows.All() {
			made, err := config.Encode(row)
			if err != nil {
				b.Fatal(err)
			}
			records++
			bytes += len(made[0].Value)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(records), "ns/event")
	b.ReportMetric(float64(bytes)/float64(records), "B/output")
}
