package lookuptest_test

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/lookuptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type source = stages.Source[lookup.Key, []byte]

// values returns the value of each key of a world.
func values(w lookuptest.World) map[lookup.Key][]byte {
	all := map[lookup.Key][]byte{}
	for _, r := range w.Rows {
		if list := all[r.Key]; w.Many && list != nil {
			all[r.Key] = append(list[:len(list)-1], ","+r.Value()+"]"...)
		} else if w.Many {
			all[r.Key] = []byte("[" + r.Value() + "]")
		} else {
			all[r.Key] = []byte(r.Value())
		}
	}
	return all
}

// asked returns the values of some keys.
func asked(all map[lookup.Key][]byte, keys []lookup.Key) map[lookup.Key][]byte {
	some := map[lookup.Key][]byte{}
	for _, k := range keys {
		if v, ok := all[k]; ok {
			some[k] = v
		}
	}
	return some
}

// conforming is a harness of the simplest sources that there can be.
func conforming() lookuptest.Harness {
	return lookuptest.Harness{
		KeyTypes: []string{
			"any", "smallint", "integer", "bigint", "numeric", "text", "citext", "char", "uuid", "boolean", "timestamptz", "timestamp", "date",
			"objectid", "caseless", "INT8", "string",
		},
		New: func(_ testing.TB, w lookuptest.World) source {
			all := values(w)
			return stages.MapSource(func(ctx context.Context, keys []lookup.Key) (map[lookup.Key][]byte, error) {
				return asked(all, keys), ctx.Err()
			})
		},
		Extra: func(_ testing.TB, w lookuptest.World) source {
			all := values(w)
			return stages.MapSource(func(ctx context.Context, _ []lookup.Key) (map[lookup.Key][]byte, error) { return all, ctx.Err() })
		},
		PartlyFailing: func(_ testing.TB, w lookuptest.World, bad lookup.Key) source {
			all := values(w)
			delete(all, bad)
			return stages.MapSource(func(ctx context.Context, keys []lookup.Key) (map[lookup.Key][]byte, error) {
				return asked(all, keys), errors.Join(ctx.Err(), stages.KeyErrors[lookup.Key]{bad: errors.New("bad")})
			})
		},
		Slow: func(testing.TB) source {
			return stages.MapSource(func(ctx context.Context, _ []lookup.Key) (map[lookup.Key][]byte, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			})
		},
		OneRow: true,
	}
}

func TestMapSourceConforms(t *testing.T) {
	t.Parallel()
	lookuptest.Run(t, conforming())
}
