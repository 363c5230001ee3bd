package stages_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline/stages"
)

func TestStatsSayWhenStagesRan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		after := func(d time.Duration) *stages.Loader[int, int] {
			return stages.NewLoader(stages.MapSource(func(_ context.Context, keys []int) (map[int]int, error) {
				time.Sleep(d)
				return map[int]int{keys[0]: keys[0]}, nil
			}), stages.LoaderConfig[int, int]{})
		}
		var plan stages.Plan[int]
		slow := stages.One(&plan, after(30*time.Millisecond), stages.By(&plan, self))
		stages.One(&plan, after(10*time.Millisecond), stages.By(&plan, self))
		stages.One(&plan, after(5*time.Millisecond), stages.Then(slow, self))
		for i, s := range plan.Run(t.Context(), []int{1}).Stats() {
			want := [][4]time.Duration{{0, 30, 30, 30}, {0, 10, 0, 10}, {30, 35, 5, 5}}[i]
			if got := [4]time.Duration{s.Asked / time.Millisecond, s.Settled / time.Millisecond, s.Critical / time.Millisecond, s.CallTime / time.Millisecond}; got != want {
				t.Errorf("stage %d: asked, settled, critical and called for %v ms, want %v", i, got, want)
			}
		}
	})
}
