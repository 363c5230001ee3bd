package pipeline_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/runscope"
)

// Outputs share memory, and what rows with equal keys have in common is made once: each is still whole when all of its
// micro-batch are made.
func TestOutputsOfOneMicroBatch(t *testing.T) {
	const user = `
  user: {source: shop, by: event.user, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}`
	for _, c := range []struct {
		name, shape  string
		events, want []string
	}{
		{
			name: "nested", shape: "nest",
			events: []string{`{"user":1}`, `{"user":3,"a":1}`, `{"user":1,"a":2}`, `{"user":true}`, `{"user":3}`},
			want: []string{
				`{"event":{"user":1},"user":{"id":1,"name":"Ada"}}`,
				`{"event":{"user":3,"a":1},"user":{"id":3,"name":"Edsger"}}`,
				`{"event":{"user":1,"a":2},"user":{"id":1,"name":"Ada"}}`,
				``,
				`{"event":{"user":3},"user":{"id":3,"name":"Edsger"}}`,
			},
		},
		{
			name: "merged, where nothing of the first event stays", shape: "merge",
			events: []string{`{"user":1}`, `{"user":3,"a":1}`, `{"user":1,"a":2}`, `{}`, `{"user":3}`, `{"a":3}`},
			want: []string{
				`{"user":{"id":1,"name":"Ada"}}`,
				`{"a":1,"user":{"id":3,"name":"Edsger"}}`,
				`{"a":2,"user":{"id":1,"name":"Ada"}}`,
				`{"user":null}`,
				`{"user":{"id":3,"name":"Edsger"}}`,
				`{"a":3,"user":null}`,
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := open(t, c.shape, user)
			documents := make([]jsonenrich.Document, len(c.events))
			for i, e := range c.events {
				d, err := p.Config.Decode(loaderline.Record{Value: []byte(e)})
				if err != nil {
					t.Fatal(err)
				}
				documents[i] = d
			}
			values := make([][]byte, len(documents))
			ctx, _ := runscope.New(t.Context(), len(documents))
			rows := p.Config.Plan.Run(ctx, documents)
			for i := range documents {
				if records, err := p.Config.Encode(rows.At(i)); err == nil {
					values[i] = records[0].Value
				}
			}
			got := make([]string, len(values))
			for i, value := range values {
				got[i] = string(value)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
