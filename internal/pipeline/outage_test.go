package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// away is a source that answers nobody, or each key with a row.
type away bool

func (a away) Types() lookupkey.Types { return lookupkey.Types{lookupkey.Integer} }

func (a away) Load(_ context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	if a {
		return errors.New("connection refused")
	}
	for i := range b.Keys {
		b.Set(i, stages.Result[[]byte]{Value: []byte(`{"id":1}`), State: stages.Loaded})
	}
	return nil
}

const outageFile = `
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: g}
output: {topic: out}
dead_letter: {topic: dead}
retry: {max_elapsed: 0s}
sources:
  shop: {sql: {driver: sqlite, dsn: shop.db}, breaker: {failures: 1}}
  steady: {sql: {driver: sqlite, dsn: other.db}}
stages:
  user: {source: shop, by: event.user_id, query: "SELECT id FROM users WHERE id IN ($keys)", key: id, on_outage: %s, on_error: %s}
  friend: {source: shop, by: user.id, query: "SELECT id FROM friends WHERE id IN ($keys)", key: id}
  looks: {source: shop, by: event.user_id, query: "SELECT id FROM seen WHERE id IN ($keys)", key: id, when: user.id > 0}
  other: {source: steady, by: event.user_id, query: "SELECT id FROM others WHERE id IN ($keys)", key: id}
`

func TestOnOutage(t *testing.T) {
	const degraded = `{"event":{"user_id":1},"user":null,"friend":null,"looks":null,"other":{"id":1}} loaderline.degraded: user=outage,friend=outage,looks=outage`
	dead := "lookup in stage user: source shop does not answer: connection refused"
	for _, c := range []struct{ onOutage, onError, want string }{
		{"degrade", "dead_letter", degraded},
		{"degrade", "keep", degraded},
		{"dead_letter", "dead_letter", dead},
		{"dead_letter", "keep", dead},
	} {
		t.Run(c.onOutage+", "+c.onError, func(t *testing.T) {
			file, err := pipelinefile.Parse("pipeline.yaml", fmt.Appendf(nil, outageFile, c.onOutage, c.onError), pipelinefile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			layout, err := pipeline.NewLayout(file)
			if err != nil {
				t.Fatal(err)
			}
			p, err := pipeline.Open(t.Context(), layout, pipeline.Options{Lookup: func(s *pipeline.Stage) pipeline.Lookup { return away(s.Name == "user") }})
			if err != nil {
				t.Fatal(err)
			}
			got := enrich(t, p, `{"user_id":1}`)
			if diff := cmp.Diff([]string{c.want}, got); diff != "" {
				t.Error(diff)
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
