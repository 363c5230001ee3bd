package session_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/session"
)

// crowd is a group of many members on a broker in memory. Time is that of a synctest bubble: what takes long is waiting of the
// protocol alone.
type crowd struct {
	t          *testing.T
	partitions int
	config     session.Config
	requests   atomic.Int64

	ctx     context.Context // of the members
	working sync.WaitGroup
	members []*session.Session
}

// newCrowd returns a group without members, and what ends it.
func newCrowd(t *testing.T, partitions int) (*crowd, func()) {
	t.Helper()
	var network kfake.VirtualNetwork
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(int32(partitions), "in"), kfake.ListenFn(network.Listen))
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{t: t, partitions: partitions, config: session.Config{Name: "pipeline", Config: consumer.Config{
		Kafka: consumer.Kafka{Brokers: cluster.ListenAddrs(), Opts: func() []kgo.Opt { return []kgo.Opt{kgo.Dialer(network.DialContext)} }},
		Group: "g", Topics: []string{"in"},
	}}}
	cluster.Control(func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		c.requests.Add(1)
		return nil, nil, false
	})
	ctx, cancel := context.WithCancel(context.Background())
	c.ctx = ctx
	return c, func() {
		cancel()
		c.working.Wait()
		cluster.Close()
	}
}

// join has n more members join at once, and returns how long it took until each partition had a member and each member a
// partition, and how many requests the broker got in this time.
func (c *crowd) join(n int) (time.Duration, int64) {
	c.t.Helper()
	began, before := time.Now(), c.requests.Load()
	opened := make(chan *session.Session, n)
	first := len(c.members)
	for i := range n {
		c.working.Go(func() { c.member(first+i, opened) })
	}
	for range n {
		if s := <-opened; s != nil {
			c.members = append(c.members, s)
		}
	}
	if len(c.members) < first+n {
		c.t.Fatal("not all members were opened")
	}
	for !c.settled() {
		if time.Since(began) > time.Hour {
			c.t.Fatal("the group has not settled within an hour")
		}
		time.Sleep(10 * time.Millisecond) // In the bubble this waits until nobody has anything to do.
	}
	return time.Since(began), c.requests.Load() - before
}

// member opens a session, and polls until the crowd ends.
func (c *crowd) member(number int, opened chan<- *session.Session) {
	cfg := c.config
	cfg.Instance = fmt.Sprint(number)
	s, err := session.Open(c.ctx, cfg)
	opened <- s
	if err != nil {
		c.t.Error(err)
		return
	}
	for err == nil {
		_, err = s.Poll(c.ctx)
	}
	if c.ctx.Err() == nil {
		c.t.Error(err)
	}
	if err := s.Close(context.WithoutCancel(c.ctx)); err != nil && !errors.Is(err, context.Canceled) {
		c.t.Error(err)
	}
}

// settled reports whether each partition has a member, and each member a partition. A partition that has two fails the test.
func (c *crowd) settled() bool {
	has := map[kadm.Partition]int{}
	busy := 0
	for i, s := range c.members {
		assigned := s.Partitions()
		if len(assigned) > 0 {
			busy++
		}
		for _, p := range assigned {
			at := kadm.Partition{Topic: p.Topic, Partition: p.Partition}
			if other, taken := has[at]; taken {
				c.t.Fatalf("members %d and %d both have %v", other, i, at)
			}
			has[at] = i
		}
	}
	return len(has) == c.partitions && busy == min(len(c.members), c.partitions)
}

// crowdSize is a size to try by hand: go test ./internal/session -run ManyMembers -v -members 1000.
var crowdSize = flag.Int("members", 50, "members of TestManyMembers, with twice as many partitions")

// A group of many members settles in a time that the protocol bounds and that does not grow with them: when all start at
// once, and when one more joins. No partition has two members at any time.
func TestManyMembers(t *testing.T) {
	const bound = 30 * time.Second
	synctest.Test(t, func(t *testing.T) {
		c, end := newCrowd(t, 2**crowdSize)
		defer end()
		for _, n := range []int{*crowdSize, 1} {
			took, requests := c.join(n)
			t.Logf("%d more: settled after %s and %d requests", n, took, requests)
			if took > bound {
				t.Errorf("%d more: settled after %s, want at most %s", n, took, bound)
			}
		}
	})
}
