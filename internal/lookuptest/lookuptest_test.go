package lookuptest_test

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/lookuptest"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestMapSourceConforms holds the suite against the simplest source that there can be.
func TestMapSourceConforms(t *testing.T) {
	t.Parallel()
	answer := func(w lookuptest.World, all bool) func(context.Context, []lookup.Key) (map[lookup.Key][]byte, error) {
		return func(ctx context.Context, keys []lookup.Key) (map[lookup.Key][]byte, error) {
			known := map[lookup.Key][]byte{}
			for _, r := range w.Rows {
				if list := known[r.Key]; w.Many && list != nil {
					known[r.Key] = append(list[:len(list)-1], ","+r.Value()+"]"...)
				} else if w.Many {
					known[r.Key] = []byte("[" + r.Value() + "]")
				} else {
					known[r.Key] = []byte(r.Value())
				}
			}
			asked := map[lookup.Key][]byte{}
			for _, k := range keys {
				if v, ok := known[k]; ok {
					asked[k] = v
				}
			}
			if all {
				asked = known
			}
			return asked, ctx.Err()
		}
	}
	lookuptest.Run(t, lookuptest.Harness{
		OneRow: true,
		Types: []lookupkey.Type{
			lookupkey.Any, lookupkey.Smallint, lookupkey.Integer, lookupkey.Bigint, lookupkey.Numeric, lookupkey.Text, lookupkey.CaselessText,
			lookupkey.PaddedText, lookupkey.UUID, lookupkey.Boolean, lookupkey.Timestamptz, lookupkey.Timestamp, lookupkey.Date,
		},
		New: func(_ testing.TB, w lookuptest.World) lookupext.Source { return stages.MapSource(answer(w, false)) },
		PartlyFailing: func(_ testing.TB, w lookuptest.World, bad lookup.Key) lookupext.Source {
			return stages.MapSource(func(ctx context.Context, keys []lookup.Key) (map[lookup.Key][]byte, error) {
				values, err := answer(w, false)(ctx, keys)
				delete(values, bad)
				return values, errors.Join(err, stages.KeyErrors[lookup.Key]{bad: errors.New("bad")})
			})
		},
		Slow: func(testing.TB) lookupext.Source {
			return stages.MapSource(func(ctx context.Context, _ []lookup.Key) (map[lookup.Key][]byte, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			})
		},
	})
}
