package session_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/recordtime/recordtimetest"
)

// TestTimestampsAreWhatTheLogHas, whatever the client makes of them.
func TestTimestampsAreWhatTheLogHas(t *testing.T) {
	t.Parallel()
	const now = int64(1764345600000)
	times := []int64{now, 0, -1, now * 1000, now + 1, now * 1_000_000, math.MaxInt64, math.MinInt64, 1 << 58, now + 2}
	for _, compressed := range []bool{false, true} {
		t.Run(fmt.Sprintf("compressed %t", compressed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			recordtimetest.Publish(t, w.cl, "in", compressed, times...)
			for _, at := range times { // Each in a separate batch, too.
				recordtimetest.Publish(t, w.cl, "in", compressed, at)
			}
			s := w.open(w.config())
			var want, got []string
			for len(got) < 2*len(times) {
				batch := poll(t, s)
				for _, r := range batch {
					want = append(want, string(r.Value))
					got = append(got, fmt.Sprint(r.Timestamp.UnixMilli()))
				}
				commit(t, s, nil)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("timestamps (-want +got):\n%s", diff)
			}
		})
	}
}
