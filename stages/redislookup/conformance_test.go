package redislookup_test

import (
	"context"
	"encoding/json"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/lookuptest"
	"github.com/loaderline/loaderline/stages/redislookup"
)

var keyTypes = []string{"any", "smallint", "integer", "bigint", "numeric", "text", "citext", "char", "uuid", "boolean", "timestamptz", "timestamp", "date"}

func TestJSONConforms(t *testing.T) {
	t.Parallel()
	lookuptest.Run(t, harness(redislookup.JSON, func(s lookupext.Source) lookupext.Source { return s }))
}

func TestHashConforms(t *testing.T) {
	t.Parallel()
	// The suite's rows have a number, and a hash has only strings.
	lookuptest.Run(t, harness(redislookup.Hash, func(s lookupext.Source) lookupext.Source { return numbered{s} }))
}

// harness fills Redis with worlds. A list of rows is JSON for each kind: Redis has nothing else that holds objects.
func harness(kind string, seen func(lookupext.Source) lookupext.Source) lookuptest.Harness {
	return lookuptest.Harness{
		OneRow:   true,
		KeyTypes: keyTypes,
		New: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			return world(tb, w, "", kind, seen)
		},
		PartlyFailing: func(tb testing.TB, w lookuptest.World, bad lookup.Key) lookupext.Source {
			tb.Helper()
			return world(tb, w, bad, kind, seen)
		},
		Slow: func(tb testing.TB) lookupext.Source {
			tb.Helper()
			c := open(tb, redislookup.Config{Addrs: []string{silent(tb)}, Timeout: time.Minute})
			return prepare(tb, c, redislookup.Query{Key: "$key", Kind: kind})
		},
	}
}

func world(tb testing.TB, w lookuptest.World, bad lookup.Key, kind string, seen func(lookupext.Source) lookupext.Source) lookupext.Source {
	tb.Helper()
	client, redis, prefix := shared(tb)
	if w.Many {
		kind, seen = redislookup.JSON, func(s lookupext.Source) lookupext.Source { return s }
	}
	values := map[lookup.Key][]string{}
	for _, r := range w.Rows {
		values[r.Key] = append(values[r.Key], r.Value())
	}
	pipe := redis.Pipeline()
	for key, rows := range values {
		at := prefix + string(lookupkey.AppendText(nil, key))
		switch {
		case key == bad:
			pipe.LPush(tb.Context(), at, "a list")
		case w.Many:
			pipe.Set(tb.Context(), at, "[ "+strings.Join(rows, " , ")+" ]", 0)
		case kind == redislookup.JSON:
			pipe.Set(tb.Context(), at, " "+rows[0]+"\n", 0)
		default:
			var row struct {
				N    int64
				Body string
			}
			if err := json.Unmarshal([]byte(rows[0]), &row); err != nil {
				tb.Fatal(err)
			}
			pipe.HSet(tb.Context(), at, "n", row.N, "body", row.Body)
		}
	}
	if _, err := pipe.Exec(tb.Context()); err != nil && len(values) > 0 {
		tb.Fatal(err)
	}
	l := prepare(tb, client, redislookup.Query{Key: prefix + "$key", KeyType: []string{w.KeyType}, Kind: kind})
	if got := l.(lookupext.Typed).Types(); len(got) != 1 || got[0].String() != w.KeyType {
		tb.Errorf("the key types are %v, want %s", got, w.KeyType)
	}
	return seen(l)
}

// numbered makes a number of the field n.
type numbered struct{ lookupext.Source }

func (s numbered) Load(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	err := s.Source.Load(ctx, b)
	for i := range b.Keys {
		r := b.Result(i)
		if r.State != stages.Loaded {
			continue
		}
		var row struct {
			Body *string `json:"body"`
			N    *string `json:"n"`
		}
		if bad := json.Unmarshal(r.Value, &row); bad != nil {
			return bad
		}
		n, bad := strconv.ParseInt(*row.N, 10, 64)
		if bad != nil {
			return bad
		}
		value, bad := json.Marshal(map[string]any{"n": n, "body": *row.Body})
		if bad != nil {
			return bad
		}
		b.Set(i, stages.Result[[]byte]{Value: value, State: stages.Loaded})
	}
	return err
}

// silent is the address of a server that takes connections and never answers.
func silent(tb testing.TB) string {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}
