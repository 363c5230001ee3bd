package stages_test

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"testing"

	"github.com/loaderline/loaderline/stages"
)

func TestACallThatDiesOfSingleKeysIsBisected(t *testing.T) {
	for _, n := range []int{1, 2, 1000, 5000} {
		for _, poison := range []int{0, n / 2, n - 1} {
			t.Run(fmt.Sprintf("%d of %d", poison, n), func(t *testing.T) {
				src := &recorder{answer: func(_ context.Context, _ int, b *stages.Batch[int, int]) error {
					for _, k := range b.Keys {
						if k == poison {
							return stages.AsPermanent(errors.New("invalid input"))
						}
						b.Put(k, 2*k)
					}
					return nil
				}}
				rows, node := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), stages.Retry{}, numbers(n)...)
				for row := range rows.All() {
					if r := node.Of(row); (r.State == stages.Failed) != (row.Event() == poison) {
						t.Fatalf("key %d: %v", row.Event(), r)
					}
				}
				if bound := 2*bits.Len(uint(n)) + 2; len(src.seen()) > bound {
					t.Errorf("%d calls, more than %d", len(src.seen()), bound)
				}
			})
		}
	}
}

func TestBisectionIsBounded(t *testing.T) {
	src := &recorder{answer: func(context.Context, int, *stages.Batch[int, int]) error {
		return stages.AsPermanent(errors.New("all bad"))
	}}
	rows, n := run(t.Context(), loader(src, stages.LoaderConfig[int, int]{}), stages.Retry{}, numbers(4000)...)
	if calls := len(src.seen()); calls > 4000/8+2*12+1 {
		t.Errorf("%d calls", calls)
	}
	for _, s := range states(rows, n) {
		if s != stages.Failed {
			t.Fatal(s)
		}
	}
}
