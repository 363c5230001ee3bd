package jsonenrich_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
)

func TestEncode(t *testing.T) {
	names := map[string]bool{"user": true}
	for name, c := range map[string]struct {
		opts         options
		events, want []string
	}{
		"the event in a member": {
			events: []string{`{"id":1}`, `{"id": 2, "x":[1]}`, `{"id":1,"y":1e400}`, `{}`, `{"id":4}`},
			want: []string{
				`{"event":{"id":1},` + user1, `{"event":{"id": 2, "x":[1]},"user":{"bought":[]}}`, `{"event":{"id":1,"y":1e400},` + user1,
				`{"event":{},"user":null}`, `{"event":{"id":4},"user":null}`,
			},
		},
		"the event beside the results": {
			opts: options{names: names}, events: []string{`{"id":2}`, `{ "user": 1, "id":2 }`, `{"id":4,"user":{}}`, `{}`, `{"user":5}`, `{"a":1}`},
			want: []string{
				`{"id":2,"user":{"bought":[]}}`, `{"id":2,"user":{"bought":[]}}`, `{"id":4,"user":null}`, `{"user":null}`, `{"user":null}`, `{"a":1,"user":null}`,
			},
		},
		"a condition": {
			opts: options{when: "event.x > 1"}, events: []string{`{"id":1,"x":2}`, `{"id":1,"x":1}`},
			want: []string{`{"event":{"id":1,"x":2},` + user1, `{"event":{"id":1,"x":1},"user":null}`},
		},
		"verdicts": {
			opts: options{judge: func(row stages.Row[jsonenrich.Document]) jsonenrich.Verdict {
				return []jsonenrich.Verdict{{Drop: true}, {Failure: &loaderline.Failure{Message: "bad"}}, {Degraded: "user=stale"}}[row.Group()]
			}},
			events: []string{`{"id":1}`, `{"id":2}`, `{"id":4}`},
			want:   []string{"dropped", "bad", `user=stale {"event":{"id":4},"user":null}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnricher(t, users(), products(), c.opts)
			for range 2 { // The second run has the memory of the first.
				got := e.run(t, c.events...)
				for i := range got {
					if !strings.Contains(got[i], c.want[i]) || c.want[i][0] == '{' && got[i] != c.want[i] {
						t.Errorf("%s: got  %s\nwant %s", c.events[i], got[i], c.want[i])
					}
				}
			}
		})
	}
}

// Two runs at once have memory of their own, and one that was released does not change the other.
func TestRunsShareNoMemory(t *testing.T) {
	e := newEnricher(t, users(), products(), options{})
	d, err := e.decoder.Decode(loaderline.Record{Value: []byte(`{"id":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	rows := e.plan.Run(t.Context(), []jsonenrich.Document{d})
	made, err := e.encoder.Encode(rows.At(0))
	if err != nil {
		t.Fatal(err)
	}
	value := made[0].Value
	for range 3 {
		e.run(t, `{"id":2}`, `{"id":4,"text":"`+strings.Repeat("x", 1000)+`"}`)
	}
	if got := string(value); got != `{"event":{"id":1},`+user1 {
		t.Errorf("got %s", got)
	}
}

// An output beyond the topic's limit is a dead letter.
func TestLimit(t *testing.T) {
	e := newEnricher(t, table{"1": `{"text":"` + strings.Repeat("x", 200) + `"}`}, products(), options{})
	e.encoder.LimitTo(func(topic string) int { return map[string]int{"out": 100}[topic] })
	if got := e.run(t, `{"id":1}`, `{"id":2}`); !strings.Contains(got[0], "what the stages found has more than the 100 bytes that topic out takes") || got[1] != `{"event":{"id":2},"user":null}` {
		t.Errorf("got %q", got)
	}
}

// A row that has a field where the result of another stage goes is unusable.
func TestOccupiedPlace(t *testing.T) {
	e := newEnricher(t, users(), products(), options{})
	d, err := e.decoder.Decode(loaderline.Record{Value: []byte(`{"id":3}`)})
	if err != nil {
		t.Fatal(err)
	}
	row := e.plan.Run(t.Context(), []jsonenrich.Document{d}).At(0)
	if r := e.nodes[0].One.Of(row); r.Err == nil || !strings.Contains(r.Err.Error(), "there is a field at user.bought[].product already, where the result of stage product goes") {
		t.Errorf("got %v", r.Err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	e := newEnricher(t, users(), products(), options{})
	for value, want := range map[string]string{"": "the value ", "[1]": "the value is not a JSON object but a list", "1": "the value is not a JSON object but a single value", `{"a":1,"a":2}`: "the value "} {
		_, err := e.decoder.Decode(loaderline.Record{Value: []byte(value)})
		failure, ok := errors.AsType[*loaderline.Failure](err)
		if !ok || !strings.HasPrefix(failure.Message, want) {
			t.Errorf("%q: got %v", value, err)
		}
	}
}

// An event with the keys of an earlier one gets its results, and an invalidation of any row ends that.
func TestReuse(t *testing.T) {
	rows := table{"1": `{"bought":[{"product_id":7},{"product_id":8}]}`, "2": `{"bought":[]}`}
	for _, names := range []map[string]bool{nil, {"user": true}} {
		e := newEnricher(t, rows, products(), options{reuse: true, names: names})
		if e.reuse.Count() != 0 || (*jsonenrich.Reuse)(nil).Count() != 0 {
			t.Error("something is reused at the start")
		}
		first := e.run(t, `{"id":1}`, `{"id":2,"a":1}`, `{}`)
		again := e.run(t, `{"id":1}`, `{"id":2,"a":1}`, `{}`)
		if diff := cmp.Diff(first, again); diff != "" || e.reuse.Count() != 2 {
			t.Errorf("reused %d (-first +again):\n%s", e.reuse.Count(), diff)
		}
		other := e.run(t, `{"id":1,"b":2}`)[0]
		if !strings.HasSuffix(other, `"user":{"bought":[{"product_id":7,"product":{"name":"seven"}},{"product_id":8,"product":null}]}}`) || !strings.Contains(other, `"b":2`) || e.reuse.Count() != 3 {
			t.Errorf("reused %d: %s", e.reuse.Count(), other)
		}
		e.views[1].Invalidate(t.Context(), "7")
		if got := e.run(t, `{"id":1,"b":2}`)[0]; got != other || e.reuse.Count() != 3 {
			t.Errorf("reused %d: %s", e.reuse.Count(), got)
		}
	}
}

// Key paths and fields that are added twice are found once.
func TestPathsAreShared(t *testing.T) {
	id, name := jsondoc.Path{Root: "event", Steps: []jsondoc.Step{{Name: "id"}}}, jsondoc.Path{Root: "event", Steps: []jsondoc.Step{{Name: "name"}}}
	part := func(p jsondoc.Path) jsonenrich.KeyPart { return jsonenrich.KeyPart{Name: p.String(), Path: p} }
	var paths jsonenrich.Paths
	var got []int
	for _, k := range []jsonenrich.KeyPath{
		{Parts: []jsonenrich.KeyPart{part(id)}, Types: lookupkey.Types{lookupkey.Bigint}},
		{Parts: []jsonenrich.KeyPart{part(id)}, Types: lookupkey.Types{lookupkey.Text}},
		{Parts: []jsonenrich.KeyPart{part(id)}, Types: lookupkey.Types{lookupkey.Bigint}},
		{Parts: []jsonenrich.KeyPart{part(id), part(name)}, Types: lookupkey.Types{lookupkey.Bigint, lookupkey.Text}},
	} {
		got = append(got, paths.AddKey(k))
	}
	if want := []int{0, 1, 0, 2}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if first := paths.AddField(name); paths.AddField(id) == first || paths.AddField(name) != first {
		t.Error("a field was added twice, or two fields are one")
	}
}
