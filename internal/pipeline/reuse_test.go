package pipeline_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

const reuseFile = `
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: g}
output: {topic: out}
dead_letter: {topic: dead}
cache: {ttl: %s}
retry: {max_elapsed: 0s}
sources:
  shop: {sql: {driver: sqlite, dsn: shop.db}}
stages:
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, on_missing: %s}
  team: {source: shop, by: user.team, query: "SELECT id, name FROM teams WHERE id IN ($keys)", key: id, %s}
`

// table is what a stage finds: rows by key, and "fail" for keys that fail.
type table map[string]string

func (table) Types() lookupkey.Types { return lookupkey.Types{lookupkey.Integer} }

func (t table) Load(_ context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	for i, k := range b.Keys {
		switch row, ok := t[string(k)]; {
		case row == "fail":
			b.Set(i, stages.Result[[]byte]{Err: stages.WithClass(errors.New("no"), stages.Permanent), State: stages.Failed})
		case ok:
			b.Set(i, stages.Result[[]byte]{Value: []byte(row), State: stages.Loaded})
		}
	}
	return nil
}

// reusing opens a pipeline over tables, and answers what it makes of an event, and whether that was made before.
func reusing(t *testing.T, ttl, onMissing, team string, tables map[string]table, opts pipeline.Options) (*pipeline.Pipeline, func(event string) (string, bool)) {
	t.Helper()
	file, err := pipelinefile.Parse("pipeline.yaml", fmt.Appendf(nil, reuseFile, ttl, onMissing, team), pipelinefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := pipeline.NewLayout(file)
	if err != nil {
		t.Fatal(err)
	}
	opts.Lookup = func(s *pipeline.Stage) pipeline.Lookup { return tables[s.Name] }
	p, err := pipeline.Open(t.Context(), layout, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p, func(event string) (string, bool) {
		before := p.Reused()
		out := enrich(t, p, event)[0]
		return strings.TrimPrefix(out, `{"event":`+event+`,`), p.Reused() > before
	}
}

// An event is given what one before it with the same key was for as long as the cache would give each part of it, and what
// is not all well is given to none.
func TestReuse(t *testing.T) {
	tables := func() map[string]table {
		return map[string]table{
			"user": {"1": `{"id":1,"team":7}`, "2": `{"id":2,"team":8}`, "3": `{"id":3,"team":9}`, "4": `{"id":4}`, "6": "fail"},
			"team": {"7": `{"id":7}`, "8": "fail"},
		}
	}
	const user1 = `"user":{"id":1,"team":7},"team":{"id":7}}`
	for name, c := range map[string]struct {
		ttl, onMissing, team, event string
		between                     func(ctx context.Context, p *pipeline.Pipeline, tables map[string]table)
		first, second               string
		reused                      bool
		opts                        pipeline.Options
	}{
		"again":        {event: `{"user_id":1}`, first: user1, second: user1, reused: true},
		"another form": {event: `{"user_id": 1 , "n":2}`, first: user1, second: user1, reused: true},
		"in its time": {event: `{"user_id":1}`, first: user1, second: user1, reused: true, between: func(_ context.Context, _ *pipeline.Pipeline, tables map[string]table) {
			tables["team"]["7"] = `{"id":7,"new":true}`
			time.Sleep(8 * time.Second)
		}},
		"past its time": {event: `{"user_id":1}`, first: user1, second: `"user":{"id":1,"team":7},"team":{"id":7,"new":true}}`, between: func(_ context.Context, _ *pipeline.Pipeline, tables map[string]table) {
			tables["team"]["7"] = `{"id":7,"new":true}`
			time.Sleep(10 * time.Second)
		}},
		"past its part's time": {event: `{"user_id":3}`, first: `"user":{"id":3,"team":9},"team":null}`, second: `"user":{"id":3,"team":9},"team":{"id":9}}`, between: func(_ context.Context, _ *pipeline.Pipeline, tables map[string]table) {
			tables["team"]["9"] = `{"id":9}`
			time.Sleep(4 * time.Second)
		}},
		"for some seconds at most": {ttl: "1h", event: `{"user_id":1}`, first: user1, second: user1, between: func(context.Context, *pipeline.Pipeline, map[string]table) {
			time.Sleep(10 * time.Second)
		}},
		"invalidated": {event: `{"user_id":1}`, first: user1, second: `"user":{"id":1,"team":7},"team":{"id":7,"new":true}}`, between: func(ctx context.Context, p *pipeline.Pipeline, tables map[string]table) {
			tables["team"]["7"] = `{"id":7,"new":true}`
			p.Invalidate(ctx, "team", "7")
		}},
		"all invalidated": {event: `{"user_id":1}`, first: user1, second: `"user":{"id":1,"team":7,"new":true},"team":{"id":7}}`, between: func(ctx context.Context, p *pipeline.Pipeline, tables map[string]table) {
			tables["user"]["1"] = `{"id":1,"team":7,"new":true}`
			p.InvalidateAll(ctx, "user")
		}},
		"no key in a row": {event: `{"user_id":4}`, first: `"user":{"id":4},"team":null}`, second: `"user":{"id":4},"team":null}`, reused: true},
		"degraded": {event: `{"user_id":2}`, team: "on_error: keep", first: `"user":{"id":2,"team":8},"team":null} loaderline.degraded: team=error`, second: `"user":{"id":2,"team":8},"team":{"id":8}}`, between: func(_ context.Context, _ *pipeline.Pipeline, tables map[string]table) {
			tables["team"]["8"] = `{"id":8}`
		}},
		"a dead letter":    {event: `{"user_id":5}`, first: "missing in stage user: no row has the key that event.user_id holds", second: "missing in stage user: no row has the key that event.user_id holds"},
		"dropped":          {event: `{"user_id":5}`, onMissing: "drop", first: "dropped", second: "dropped"},
		"without a key":    {event: `{}`, onMissing: "keep", first: `"user":null,"team":null}`, second: `"user":null,"team":null}`},
		"a condition":      {event: `{"user_id":1}`, team: "when: event.n > 1", first: `"user":{"id":1,"team":7},"team":null}`, second: `"user":{"id":1,"team":7},"team":null}`},
		"a stage uncached": {event: `{"user_id":1}`, team: "cache: {ttl: 0s}", first: user1, second: user1},
		"past the cache":   {event: `{"user_id":1}`, opts: pipeline.Options{Fresh: true}, first: user1, second: user1},
		"due": {event: `{"user_id":1}`, team: "cache: {refresh: 20%}", first: user1, second: user1, between: func(context.Context, *pipeline.Pipeline, map[string]table) {
			time.Sleep(2 * time.Second)
		}},
		"not yet due": {event: `{"user_id":1}`, team: "cache: {refresh: 20%}", first: user1, second: user1, reused: true, between: func(context.Context, *pipeline.Pipeline, map[string]table) {
			time.Sleep(1700 * time.Millisecond)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tables := tables()
				c.opts.Reuse = true
				p, give := reusing(t, cmp.Or(c.ttl, "10s"), cmp.Or(c.onMissing, "dead_letter"), cmp.Or(c.team, "cache: {negative_ttl: 4s}"), tables, c.opts)
				defer func() {
					if err := p.Close(); err != nil {
						t.Error(err)
					}
				}()
				if got, reused := give(c.event); got != c.first || reused {
					t.Errorf("first: %s, reused %t", got, reused)
				}
				if c.between != nil {
					c.between(t.Context(), p, tables)
				}
				if got, reused := give(c.event); got != c.second || reused != c.reused {
					t.Errorf("then: %s, reused %t", got, reused)
				}
			})
		})
	}
}

// What is reused is no more than its part of the cache's memory, and what is asked for often is still there when it is full.
func TestReuseIsBounded(t *testing.T) {
	users := table{}
	for i := range 8_000 {
		users[fmt.Sprint(i)] = fmt.Sprintf(`{"id":%d,"text":%q}`, i, strings.Repeat("x", 100))
	}
	p, give := reusing(t, "1h, memory: 3MiB", "dead_letter", "on_error: dead_letter", map[string]table{"user": users, "team": {}}, pipeline.Options{Reuse: true})
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	reused := map[string]int{}
	for i, id := range slices.Sorted(maps.Keys(users)) {
		give(`{"user_id":` + id + `}`)
		if i%25 == 0 {
			if _, ok := give(`{"user_id":1}`); ok {
				reused["popular"]++
			}
		}
	}
	for _, id := range slices.Backward(slices.Sorted(maps.Keys(users))) {
		if _, ok := give(`{"user_id":` + id + `}`); ok {
			reused["all"]++
		}
	}
	t.Logf("reused %v", reused)
	if reused["popular"] < 270 {
		t.Errorf("of 320 events for a popular user %d were given what there was", reused["popular"])
	}
	if most := (3 << 20) / 2 / 210; reused["all"] < most/8 || reused["all"] > most {
		t.Errorf("what %d users were given is kept, in room for %d", reused["all"], most)
	}
}

// counter is a stage whose row has the latest number.
type counter struct{ *atomic.Int64 }

func (counter) Types() lookupkey.Types { return lookupkey.Types{lookupkey.Integer} }

func (c counter) Load(_ context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	for i := range b.Keys {
		b.Set(i, stages.Result[[]byte]{Value: fmt.Appendf(nil, `{"id":1,"n":%d}`, c.Int64.Load()), State: stages.Loaded})
	}
	return nil
}

// No event that comes after an invalidation is given what was before it, however many are at work.
func TestReuseAmidInvalidations(t *testing.T) {
	file, err := pipelinefile.Parse("pipeline.yaml", fmt.Appendf(nil, reuseFile, "1h", "dead_letter", "on_error: dead_letter"), pipelinefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := pipeline.NewLayout(file)
	if err != nil {
		t.Fatal(err)
	}
	var latest atomic.Int64
	p, err := pipeline.Open(t.Context(), layout, pipeline.Options{Reuse: true, Lookup: func(*pipeline.Stage) pipeline.Lookup { return counter{&latest} }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	stop := make(chan struct{})
	var others sync.WaitGroup
	for range 3 {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					enrich(t, p, `{"user_id":1}`)
				}
			}
		})
	}
	for n := range int64(1000) {
		latest.Store(n)
		p.Invalidate(t.Context(), "user", "1")
		for range 3 {
			if got := enrich(t, p, `{"user_id":1}`)[0]; !strings.Contains(got, fmt.Sprintf(`"user":{"id":1,"n":%d}`, n)) {
				t.Fatalf("after %d: %s", n, got)
			}
		}
	}
	close(stop)
	others.Wait()
	if p.Reused() == 0 {
		t.Error("nothing was reused")
	}
}
