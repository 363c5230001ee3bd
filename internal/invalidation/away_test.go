package invalidation_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/logtest"
)

// block closes the connection of each request of some kinds while it is away.
type block struct {
	away    atomic.Bool
	refused atomic.Int64
}

func blocking(cluster *kfake.Cluster, kinds ...kmsg.Key) *block {
	b := &block{}
	for _, kind := range kinds {
		cluster.ControlKey(kind.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
			cluster.KeepControl()
			if !b.away.Load() {
				return nil, nil, false
			}
			b.refused.Add(1)
			return nil, errors.New("away"), true
		})
	}
	return b
}

// While the topics cannot be read, that is logged and seen, and reading continues where it was.
func TestKafkaIsAway(t *testing.T) {
	t.Parallel()
	w, cluster := onFake(t)
	h, log := &handler{topic: w.topic}, &logtest.Buffer{}
	r, _ := w.read(h, log, newTier(w, 0, 0))
	w.await("caught up", r.Caught())
	w.publish(0, "a")
	w.until("it is applied", func() bool { return h.all() == "a" })

	b := blocking(cluster, kmsg.Fetch, kmsg.ListOffsets)
	b.away.Store(true)
	w.until("it is logged", func() bool { return strings.Contains(log.String(), "change topics cannot be read") })
	w.publish(0, "b")
	since := time.Now()
	if r.Status().Current.After(since) || h.all() != "a" {
		t.Errorf("current since %v, applied %s, though nothing can be read", r.Status().Current, h.all())
	}
	b.away.Store(false)
	w.until("it is applied", func() bool { return h.all() == "a b" })
	w.until("it is current again", func() bool { return r.Status().Current.After(since) })
	w.until("that is logged", func() bool { return strings.Contains(log.String(), "change topics are read again") })
	if n := strings.Count(log.String(), "change topics cannot be read"); n != 1 {
		t.Errorf("%d warnings; want one:\n%s", n, log)
	}
}

// Records that were deleted before they were read may have been about anything.
func TestRetentionPassesWhatIsBeingRead(t *testing.T) {
	t.Parallel()
	w, cluster := onFake(t)
	h, tier, log := &handler{topic: w.topic}, newTier(w, 0, 0), &logtest.Buffer{}
	r, _ := w.read(h, log, tier)
	w.await("caught up", r.Caught())
	w.publish(0, "a")
	w.until("it is applied", func() bool { return h.all() == "a" })
	b := blocking(cluster, kmsg.Fetch)
	b.away.Store(true)
	w.until("no request waits any more", func() bool { return b.refused.Load() > 0 })
	w.publish(0, "b", "c")
	w.trim(0, 2)
	b.away.Store(false)
	w.until("all is taken for changed", func() bool { return h.all() == "a lost "+w.topic })
	w.publish(0, "d")
	w.until("what comes then is applied", func() bool { return h.all() == "a d lost "+w.topic })
	w.until("its position is saved", func() bool { return tier.state() == "cleared 1, at map[0:4 1:0]" })
	if !strings.Contains(log.String(), "partition 0 begins at 2, after position 1: retention has removed records that were not read") {
		t.Errorf("the log does not say it:\n%s", log)
	}
}
