package topiclookup_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/topiclookup"
)

// While the topic cannot be read, lookups that must not see old rows wait, and then fail for now. Others do not wait.
func TestLookupsWaitWhileTheTableIsBehind(t *testing.T) {
	t.Parallel()
	w, cluster := onFake(t)
	w.publish(record("a", "1"))
	strict, _ := w.open(topiclookup.Config{MaxStaleness: 300 * time.Millisecond})
	loose, _ := w.open(topiclookup.Config{})
	w.ready(strict)
	w.ready(loose)
	away, _ := block(cluster, kmsg.Fetch, kmsg.ListOffsets)
	away.Store(true)
	ask := func() error {
		return w.lookup(strict, topiclookup.Query{}).Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{`"a"`}))
	}
	w.until("a lookup fails", func() bool { return ask() != nil })
	if err := ask(); stages.ClassOf(err) != stages.Transient || !strings.Contains(err.Error(), "max_staleness, 300ms") {
		t.Errorf("Load: %v", err)
	}
	if err := w.ping(strict); err == nil {
		t.Error("Ping says that all is well")
	}
	w.publish(record("a", "2"))
	if got := w.rows(w.lookup(loose, topiclookup.Query{}), "a"); got != "1" {
		t.Errorf("row %s", got)
	}
	away.Store(false)
	w.until("a lookup succeeds", func() bool { return ask() == nil })
	if got := w.rows(w.lookup(strict, topiclookup.Query{}), "a"); got != "2" {
		t.Errorf("row %s", got)
	}
}

// A lookup sees what was acknowledged MaxStaleness before it began, and never an older row than a lookup before it.
func TestNoLookupSeesAnOlderRow(t *testing.T) {
	onEach(t, func(w *world) {
		const staleness, last = 500 * time.Millisecond, 400
		w.publish(record("a", "0"))
		c, _ := w.open(topiclookup.Config{MaxStaleness: staleness})
		w.ready(c)
		l := w.lookup(c, topiclookup.Query{})
		var (
			mu    sync.Mutex
			acked []time.Time // by value
		)
		note := func() {
			mu.Lock()
			defer mu.Unlock()
			acked = append(acked, time.Now())
		}
		note()
		var group sync.WaitGroup
		group.Go(func() {
			for n := 1; n <= last; n++ {
				w.publish(record("a", strconv.Itoa(n)))
				note()
			}
		})
		seen := 0
		for seen < last && !w.t.Failed() {
			began := time.Now()
			n, err := strconv.Atoi(w.rows(l, "a"))
			if err != nil {
				w.t.Error(err)
				break
			}
			if n < seen {
				w.t.Errorf("row %d after row %d", n, seen)
			}
			seen = n
			mu.Lock()
			if n+1 < len(acked) && acked[n+1].Before(began.Add(-staleness)) {
				w.t.Errorf("row %d, though the next was committed %v before", n, began.Sub(acked[n+1]))
			}
			mu.Unlock()
		}
		group.Wait()
	})
}
