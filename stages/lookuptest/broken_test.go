package lookuptest_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/lookuptest"
)

// sourceFunc is a source that is one function.
type sourceFunc func(context.Context, *stages.Batch[lookup.Key, []byte]) error

// Load implements stages.Source.
func (f sourceFunc) Load(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	return f(ctx, b)
}

// broken are mistakes in a harness or its sources, and what the suite says about each.
var broken = map[string]struct {
	subtest string
	spoil   func(*lookuptest.Harness)
	want    string
}{
	"no source": {
		"", func(h *lookuptest.Harness) { h.New = nil }, "Harness.New is nil",
	},
	"an unknown key type": {
		"", func(h *lookuptest.Harness) { h.KeyTypes = []string{"bigint", "serial"} },
		`Harness.KeyTypes: unknown key type "serial": it is one of any, smallint, `,
	},
	"values by position": {
		"answers_by_key", func(h *lookuptest.Harness) {
			h.New = func(_ testing.TB, w lookuptest.World) source {
				return sourceFunc(func(_ context.Context, b *stages.Batch[lookup.Key, []byte]) error {
					for i := range b.Keys {
						b.Set(i, stages.Result[[]byte]{Value: []byte(w.Rows[i].Value()), State: stages.Loaded})
					}
					return nil
				})
			}
		},
		`key 3: the value is {"n":57,"body":"row 19"}, want {"n":9,"body":"row 3"}`,
	},
	"a key that is lost": {
		"a_key_that_fails", func(h *lookuptest.Harness) {
			h.PartlyFailing = func(_ testing.TB, w lookuptest.World, bad lookup.Key) source {
				all := values(w)
				delete(all, bad)
				return stages.MapSource(func(_ context.Context, keys []lookup.Key) (map[lookup.Key][]byte, error) {
					return asked(all, keys), nil
				})
			}
		},
		"key 4: missing, want failed",
	},
	"all keys fail with one": {
		"a_key_that_fails", func(h *lookuptest.Harness) {
			h.PartlyFailing = func(testing.TB, lookuptest.World, lookup.Key) source {
				return sourceFunc(func(context.Context, *stages.Batch[lookup.Key, []byte]) error { return errors.New("bad") })
			}
		},
		"Load: bad, want a failure of one key",
	},
	"the last of two rows": {
		"two_rows_for_one_key", func(h *lookuptest.Harness) { h.OneRow = false }, "want a permanent failure for 2 rows",
	},
	"white space": {
		"answers_by_key", func(h *lookuptest.Harness) {
			h.New = func(_ testing.TB, w lookuptest.World) source {
				all := values(w)
				return stages.MapSource(func(_ context.Context, keys []lookup.Key) (map[lookup.Key][]byte, error) {
					some := asked(all, keys)
					for k, v := range some {
						some[k] = bytes.ReplaceAll(v, []byte(","), []byte(", "))
					}
					return some, nil
				})
			}
		},
		"the value is not compact",
	},
	"a context that nobody looks at": {
		"cancelled_before", func(h *lookuptest.Harness) {
			h.New = func(_ testing.TB, w lookuptest.World) source {
				all := values(w)
				return stages.MapSource(func(_ context.Context, keys []lookup.Key) (map[lookup.Key][]byte, error) {
					return asked(all, keys), nil
				})
			}
		},
		"Load with a cancelled context: <nil>, want context.Canceled",
	},
	"a timeout that ends the run": {
		"too_slow", func(h *lookuptest.Harness) {
			h.Slow = func(testing.TB) source {
				return sourceFunc(func(ctx context.Context, _ *stages.Batch[lookup.Key, []byte]) error {
					<-ctx.Done()
					return stages.WithClass(ctx.Err(), stages.Fatal)
				})
			}
		},
		"want a transient context deadline exceeded",
	},
}

// brokenEnv has the mistake of the process that runs the suite on it.
const brokenEnv = "LOOKUPTEST_BROKEN"

// TestTheSuiteFindsMistakes runs the suite in a process of its own for each mistake, since it has to fail there.
func TestTheSuiteFindsMistakes(t *testing.T) {
	if tc, ok := broken[os.Getenv(brokenEnv)]; ok {
		h := conforming()
		tc.spoil(&h)
		lookuptest.Run(t, h)
		return
	}
	t.Parallel()
	for name, tc := range broken {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			process := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheSuiteFindsMistakes$/^"+tc.subtest+"$")
			process.Env = append(os.Environ(), brokenEnv+"="+name)
			out, err := process.CombinedOutput()
			if _, failed := errors.AsType[*exec.ExitError](err); !failed || !strings.Contains(string(out), tc.want) {
				t.Errorf("%v, want a failure with %q:\n%s", err, tc.want, out)
			}
		})
	}
}
