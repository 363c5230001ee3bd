package doctest_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

// The types of docs/library.md.
type (
	productID string
	product   struct{ Name string }
	order     struct {
		Product productID `json:"product"`
		Test    bool      `json:"test"`
	}
)

// catalog is the service of docs/library.md.
type catalog struct{ products map[productID]product }

func (c catalog) byID(_ context.Context, ids []productID) (map[productID]product, error) {
	found := make(map[productID]product, len(ids))
	for _, id := range ids {
		if p, ok := c.products[id]; ok {
			found[id] = p
		}
	}
	return found, nil
}

func (c catalog) get(_ context.Context, id productID) (product, bool, error) {
	if id == "broken" {
		return product{}, false, errors.New("no such shelf")
	}
	p, ok := c.products[id]
	return p, ok, nil
}

// catalogSource settles each key by itself.
type catalogSource struct{ service catalog }

// Load implements stages.Source.
func (s catalogSource) Load(ctx context.Context, b *stages.Batch[productID, product]) error {
	for _, id := range b.Keys {
		found, ok, err := s.service.get(ctx, id)
		switch {
		case err != nil:
			b.Fail(id, stages.WithClass(err, stages.Permanent))
		case ok:
			b.Put(id, found)
		}
	}
	return nil
}

// newPipeline is the pipeline of docs/library.md.
func newPipeline(source stages.Source[productID, product], memory *cache.Memory, logger *slog.Logger) (*loaderline.Pipeline[order], error) {
	backend := stages.NewBackend(stages.BackendConfig{
		Name: "catalog", MaxCalls: 4, Timeout: 2 * time.Second, BreakerFailures: 5,
	})
	products := stages.NewLoader(source, stages.LoaderConfig[productID, product]{
		Name: "products", MaxBatch: 500, Backend: backend,
		Cache: cache.For(memory, cache.ViewConfig[productID, product]{
			Loader: "products", TTL: 10 * time.Minute, NegativeTTL: 30 * time.Second, StaleIfError: time.Hour,
		}),
	})

	plan := &stages.Plan[order]{}
	bought := stages.One(plan, products, stages.By(plan, func(o order) productID { return o.Product }))

	return loaderline.New(loaderline.Config[order]{
		Consumer: consumer.Config{Kafka: consumer.Kafka{Brokers: []string{"localhost:9092"}}, Group: "orders", Topics: []string{"orders"}},
		Sink:     sink.Config{Topic: "orders-enriched", DeadLetterTopic: "orders-dead"},
		Decode: func(r loaderline.Record) (o order, err error) {
			if err := json.Unmarshal(r.Value, &o); err != nil {
				return o, err
			}
			if o.Test {
				return o, loaderline.ErrFiltered
			}
			return o, nil
		},
		Plan: plan,
		Encode: func(row stages.Row[order]) ([]loaderline.Record, error) {
			result := bought.Of(row)
			switch result.State {
			case stages.Loaded:
				value, err := json.Marshal(map[string]any{"product": row.Event().Product, "name": result.Value.Name})
				return []loaderline.Record{{Value: value}}, err
			case stages.Missing:
				return nil, &loaderline.Failure{Kind: sink.KindMissing, Stage: "products", Message: "no such product"}
			default:
				return nil, &loaderline.Failure{Kind: sink.KindLookup, Stage: "products", Message: "the catalog failed"}
			}
		},
		OnCommit: func(t loaderline.Tally) {
			logger.Info("committed", "records", t.Records, "enriched", t.Enriched, "dead_lettered", len(t.DeadLetters))
		},
		Logger: logger,
	})
}

// TestLibraryPage runs what docs/library.md shows.
func TestLibraryPage(t *testing.T) {
	service := catalog{map[productID]product{"p1": {"lamp"}}}
	for name, source := range map[string]stages.Source[productID, product]{
		"a function": stages.MapSource(service.byID), "a source": catalogSource{service},
	} {
		t.Run(name, func(t *testing.T) {
			memory, err := cache.New(cache.Config{MaxBytes: 64 << 20})
			if err != nil {
				t.Fatal(err)
			}
			defer memory.Close()
			p, err := newPipeline(source, memory, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			in := []*loaderline.Record{
				{Topic: "orders", Value: []byte(`{"product":"p1"}`)},
				{Topic: "orders", Offset: 1, Value: []byte(`{"product":"p2"}`)},
				{Topic: "orders", Offset: 2, Value: []byte(`{"product":"p1","test":true}`)},
			}
			out, tally, err := p.Enrich(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := string(out[0][0].Value), `{"name":"lamp","product":"p1"}`; got != want {
				t.Errorf("%s, want %s", got, want)
			}
			if dead := out[1][0]; dead.Topic != "orders-dead" || tally.Enriched != 1 {
				t.Errorf("%s to %s, %+v", dead.Value, dead.Topic, tally)
			}
			if len(out[2]) != 0 || tally.Filtered != 1 {
				t.Errorf("%d records, %+v", len(out[2]), tally)
			}
			if got := string(out[1][0].Value); got != `{"product":"p2"}` {
				t.Errorf("the dead letter holds %s", got)
			}
		})
	}
}

// productsOf is the lookup of docs/library.md.
func productsOf(ctx context.Context, db lookup.Client[sqllookup.Query]) (lookup.Lookup, *stages.Loader[lookup.Key, []byte], error) {
	found, err := db.Lookup(ctx, sqllookup.Query{
		Name: "products", SQL: "SELECT id AS _key, name, price FROM products WHERE id IN ($keys)",
	})
	if err != nil {
		return nil, nil, err
	}
	return found, stages.NewLoader(found, stages.LoaderConfig[lookup.Key, []byte]{
		Name: "products", Backend: stages.NewBackend(stages.BackendConfig{Name: "shop", Ping: db.Ping}),
	}), nil
}

// TestLibraryPageSQL runs the lookup of docs/library.md.
func TestLibraryPageSQL(t *testing.T) {
	ctx := t.Context()
	const dsn = "file:librarypage?mode=memory&cache=shared"
	shop, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shop.Close() })
	if _, err := shop.ExecContext(ctx, "CREATE TABLE products (id TEXT, name TEXT, price NUMERIC); INSERT INTO products VALUES ('p1', 'lamp', 12.5)"); err != nil {
		t.Fatal(err)
	}
	db, err := sqllookup.Open(ctx, sqllookup.Config{Driver: sqllookup.SQLite, DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	found, products, err := productsOf(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	key, err := found.Key([]byte(`"p1"`))
	if err != nil {
		t.Fatal(err)
	}
	var plan stages.Plan[int]
	product := stages.One(&plan, products, stages.By(&plan, func(int) lookup.Key { return key }))
	for row := range plan.Run(ctx, []int{1}).All() {
		if got := string(product.Of(row).Value); got != `{"name":"lamp","price":12.5}` {
			t.Errorf("the product is %s: %+v", got, product.Of(row))
		}
	}
}
