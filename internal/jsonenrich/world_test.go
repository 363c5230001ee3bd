package jsonenrich_test

import (
	"cmp"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/internal/runscope"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// table is rows by key.
type table map[string]string

func (t table) Load(_ context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	for i, k := range b.Keys {
		if row, ok := t[string(k)]; ok {
			b.Set(i, stages.Result[[]byte]{Value: []byte(row), State: stages.Loaded})
		}
	}
	return nil
}

// enricher is two stages: a user with purchases, and in each purchase its product.
type enricher struct {
	plan    stages.Plan[jsonenrich.Document]
	decoder *jsonenrich.Decoder
	encoder *jsonenrich.Encoder
	nodes   []*jsonenrich.Node
	views   []*resultcache.View[lookup.Key, *jsonenrich.Fragment]
	memory  *resultcache.Memory
	reuse   *jsonenrich.Reuse
}

type options struct {
	names map[string]bool
	when  string
	judge func(stages.Row[jsonenrich.Document]) jsonenrich.Verdict
	reuse bool
}

func newEnricher(t *testing.T, users, products table, opts options) *enricher {
	t.Helper()
	path := func(text string) jsondoc.Path {
		p, err := jsondoc.ParsePath(text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	e := &enricher{}
	var err error
	if e.memory, err = resultcache.New(resultcache.MemoryConfig{MaxBytes: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.memory.Close)
	if opts.reuse {
		e.reuse = jsonenrich.NewReuse(e.memory, 1<<20)
	}
	e.decoder = jsonenrich.NewDecoder(jsonenrich.DecoderConfig{Reuse: e.reuse})
	var ofUsers, ofProducts jsonenrich.Fragments
	user, product := jsonenrich.NewNode(0, "user"), jsonenrich.NewNode(1, "product")
	user.Fragments, product.Fragments, product.List = &ofUsers, &ofProducts, true
	e.nodes = []*jsonenrich.Node{user, product}

	id := path("event.id")
	key := e.decoder.AddKey(jsonenrich.KeyPath{Parts: []jsonenrich.KeyPart{{Name: "event.id", Path: id}}, Types: lookupkey.Types{lookupkey.Bigint}})
	bought := path("user.bought[].product_id")
	inner := ofUsers.AddKey(jsonenrich.KeyPath{Parts: []jsonenrich.KeyPart{{Name: bought.String(), Path: bought}}, Types: lookupkey.Types{lookupkey.Bigint}})
	into := path("user.bought[].product")
	user.Nest(product, into, into, "product")
	keys := jsonenrich.SingleKeys(&e.plan, nil, key)
	var when []stages.Keys[jsonenrich.Document, bool]
	if opts.when != "" {
		c, err := expression.ParseCondition(opts.when, expression.Names{Roots: []string{"event"}})
		if err != nil {
			t.Fatal(err)
		}
		var fields []jsonenrich.Field
		for _, p := range c.Paths() {
			fields = append(fields, jsonenrich.Field{Ref: e.decoder.AddField(p), Path: p})
		}
		when = append(when, jsonenrich.Condition(&e.plan, c, fields, errors.New("over budget")))
	}

	e.encoder = jsonenrich.NewEncoder(jsonenrich.EncoderConfig{
		Nodes: e.nodes, Topic: "out", Names: opts.names, Reuse: e.reuse, Decoder: e.decoder,
		Judge: func(row stages.Row[jsonenrich.Document]) jsonenrich.Verdict {
			if opts.judge == nil {
				return jsonenrich.Verdict{}
			}
			return opts.judge(row)
		},
	})
	loader := func(n *jsonenrich.Node, rows table) *stages.Loader[lookup.Key, *jsonenrich.Fragment] {
		cfg := stages.LoaderConfig[lookup.Key, *jsonenrich.Fragment]{}
		if opts.reuse {
			view := resultcache.For(e.memory, resultcache.ViewConfig[lookup.Key, *jsonenrich.Fragment]{
				Loader: string(rune('a' + n.Index)), TTL: time.Hour, NegativeTTL: time.Hour, Codec: n.Fragments.Codec(),
				Cost: func(k lookup.Key, f *jsonenrich.Fragment) int64 { return int64(len(k)) + f.Bytes() },
			})
			cfg.Cache = loadcache.Seal(view)
			e.views = append(e.views, view)
		}
		return stages.NewLoader(n.Fragments.Source(rows), cfg)
	}
	user.One = stages.One(&e.plan, loader(user, users), keys, when...)
	product.Each = stages.Many(&e.plan, loader(product, products), jsonenrich.ListedKeys(&e.plan, user, inner))
	e.decoder.Compile(opts.names)
	return e
}

// run enriches the events of one run. Its outputs are strings made after all of them were encoded.
func (e *enricher) run(t *testing.T, events ...string) []string {
	t.Helper()
	documents := make([]jsonenrich.Document, len(events))
	for i, event := range events {
		d, err := e.decoder.Decode(loaderline.Record{Value: []byte(event)})
		if err != nil {
			t.Fatal(err)
		}
		documents[i] = d
	}
	ctx, scope := runscope.New(t.Context(), len(documents))
	defer scope.Release()
	rows := e.plan.Run(ctx, documents)
	records := make([]loaderline.Record, len(events))
	got := make([]string, len(events))
	for i := range events {
		made, err := e.encoder.Encode(rows.At(i))
		switch {
		case err != nil:
			got[i] = err.Error()
		case len(made) == 0:
			got[i] = "dropped"
		default:
			records[i] = made[0]
		}
	}
	for i, r := range records {
		for _, h := range r.Headers {
			got[i] += string(h.Value) + " "
		}
		got[i] = cmp.Or(got[i]+string(r.Value), got[i])
	}
	return got
}

func users() table {
	return table{"1": `{"n":1.50,"bought":[{"product_id":7},{"product_id":8}, 9]}`, "2": `{"bought":[]}`, "3": `{"bought":[{"product_id":7,"product":0}]}`}
}

func products() table { return table{"7": `{"name":"seven"}`} }

const user1 = `"user":{"n":1.50,"bought":[{"product_id":7,"product":{"name":"seven"}},{"product_id":8,"product":null}, 9]}}`
