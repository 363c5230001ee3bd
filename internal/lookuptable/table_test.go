package lookuptable_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/lookuptable"
	"github.com/loaderline/loaderline/internal/runscope"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

type failer interface {
	Helper()
	Fatal(args ...any)
}

func schema(t failer, cfg lookuptable.Config) *lookuptable.Schema {
	t.Helper()
	s, err := lookuptable.NewSchema(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rows has a row for each key, with a version.
func rows(t failer, s *lookuptable.Schema, version, keys int) *lookuptable.Rows {
	t.Helper()
	b := s.NewBuilder(math.MaxInt64)
	for key := range keys {
		if err := b.AddObject(key, fmt.Appendf(nil, `{"id":%d,"version":%d,"next":%d}`, key, version, key+1)); err != nil {
			t.Fatal(err)
		}
	}
	return b.Rows()
}

func value(ctx context.Context, t failer, l stages.Source[lookup.Key, []byte], key lookup.Key) string {
	t.Helper()
	b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{key})
	if err := l.Load(ctx, b); err != nil {
		t.Fatal(err)
	}
	return string(b.Result(0).Value)
}

// A run sees the rows that were there at its first load, whatever replaces them. What is outside of a run sees those of now.
func TestARunSeesOneVersion(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := schema(rt, lookuptable.Config{Key: []string{"id"}})
		table := lookuptable.New(s, rows(rt, s, 0, 3))
		one, many := table.Lookup(false), table.Lookup(true)
		type run struct {
			ctx     context.Context //nolint:containedctx // Of the run.
			version int             // -1: nothing was loaded
		}
		runs, version := []run{}, 0
		rt.Repeat(map[string]func(*rapid.T){
			"replace": func(rt *rapid.T) {
				version++
				table.Replace(rows(rt, s, version, 3))
				if one.Changes() != uint64(version) || many.Changes() != uint64(version) {
					rt.Errorf("%d and %d changes, want %d", one.Changes(), many.Changes(), version)
				}
			},
			"begin": func(*rapid.T) {
				ctx, _ := runscope.New(t.Context(), 1)
				runs = append(runs, run{ctx, -1})
			},
			"load": func(rt *rapid.T) {
				r := &run{ctx: t.Context(), version: version}
				if len(runs) > 0 {
					if i := rapid.IntRange(-1, len(runs)-1).Draw(rt, "run"); i >= 0 {
						r = &runs[i]
					}
				}
				if r.version < 0 {
					r.version = version
				}
				key := rapid.IntRange(0, 2).Draw(rt, "key")
				want := fmt.Sprintf(`{"id":%d,"version":%d,"next":%d}`, key, r.version, key+1)
				l, lists := one, rapid.Bool().Draw(rt, "many")
				if lists {
					l, want = many, "["+want+"]"
				}
				if got := value(r.ctx, rt, l, lookup.Key(fmt.Sprint(key))); got != want {
					rt.Errorf("%s, want %s", got, want)
				}
			},
		})
	})
}

func TestRowsOfAKeyKeepTheirOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := schema(rt, lookuptable.Config{})
		b := s.NewBuilder(math.MaxInt64)
		want, first := map[int][]string{}, map[int]int{}
		var twice *lookuptable.Duplicate
		for n, key := range rapid.SliceOfN(rapid.IntRange(0, 4), 0, 30).Draw(rt, "keys") {
			row := fmt.Sprintf(`{"n":%d,"text":%q}`, n, strings.Repeat("x", n%7*1000))
			if err := b.AddObject(n, fmt.Appendf(nil, `{"_key":%d,%s`, key, row[1:])); err != nil {
				rt.Fatal(err)
			}
			if len(want[key]) == 0 {
				first[key] = n
			} else if twice == nil {
				twice = &lookuptable.Duplicate{First: first[key], Second: n}
			}
			want[key] = append(want[key], row)
		}
		made := b.Rows()
		if got := made.Duplicate(); (got == nil) != (twice == nil) || got != nil && *got != *twice {
			rt.Errorf("the first key that is there twice: %v, want %v", got, twice)
		}
		table := lookuptable.New(s, made)
		for key := range 6 {
			list, last := "", ""
			if n := len(want[key]); n > 0 {
				list, last = "["+strings.Join(want[key], ",")+"]", want[key][n-1]
			}
			if got := value(t.Context(), rt, table.Lookup(true), lookup.Key(fmt.Sprint(key))); got != list {
				rt.Errorf("key %d: %s, want %s", key, got, list)
			}
			if got := value(t.Context(), rt, table.Lookup(false), lookup.Key(fmt.Sprint(key))); got != last {
				rt.Errorf("key %d: %s, want %s", key, got, last)
			}
		}
	})
}

func TestColumns(t *testing.T) {
	t.Parallel()
	s := schema(t, lookuptable.Config{Text: true, Types: map[string]string{"_key": "uuid", "n": "numeric", "on": "boolean"}})
	b := s.NewBuilder(math.MaxInt64)
	if err := b.Header([]string{"n", "_key", "name", "on"}); err != nil {
		t.Fatal(err)
	}
	typed := lookuptable.New(s, b.Rows()).Lookup(false).(interface{ Columns() []string })
	if got := fmt.Sprint(typed.Columns()); got != "[n name on]" {
		t.Errorf("columns %s", got)
	}
	if _, known := lookuptable.New(s, rows(t, schema(t, lookuptable.Config{Key: []string{"id"}}), 0, 1)).Lookup(false).(interface{ Columns() []string }); known {
		t.Error("the columns of objects are known")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	s := schema(t, lookuptable.Config{Key: []string{"id"}})
	b := s.NewBuilder(10_000)
	for n := range 1000 {
		err := b.AddObject(n, fmt.Appendf(nil, `{"id":%d}`, n))
		switch {
		case errors.Is(err, lookuptable.ErrTooLarge):
			if n < 50 || n > 100 {
				t.Errorf("%d rows are 10,000 bytes", n)
			}
			return
		case err != nil:
			t.Fatal(err)
		}
	}
	t.Error("1,000 rows are no more than 10,000 bytes")
}
