package session_test

import (
	"context"
	"crypto/rand"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/time/rate"
)

// slowConn reads no faster than a limit, which connections share.
type slowConn struct {
	net.Conn

	limit    *rate.Limiter
	deadline *atomic.Pointer[time.Time]
}

func (c slowConn) SetReadDeadline(t time.Time) error {
	c.deadline.Store(&t)
	return c.Conn.SetReadDeadline(t)
}

func (c slowConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b[:min(len(b), c.limit.Burst())])
	if n == 0 {
		return n, err
	}
	ctx := context.Background()
	if end := c.deadline.Load(); end != nil && !end.IsZero() {
		until, cancel := context.WithDeadline(ctx, *end)
		defer cancel()
		ctx = until
	}
	if c.limit.WaitN(ctx, n) != nil {
		return n, os.ErrDeadlineExceeded
	}
	return n, err
}

// TestASlowWayFromTheBrokers has an answer of the usual size take longer than the
// client waits for it.
func TestASlowWayFromTheBrokers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	const records, size = 100, 10 << 10
	for range records {
		value := make([]byte, size)
		_, _ = rand.Read(value)
		if err := w.cl.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Value: value}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	limit := rate.NewLimiter(500<<10, 4<<10)
	cfg := w.config()
	cfg.Opts = func() []kgo.Opt {
		return []kgo.Opt{
			kgo.RequestTimeoutOverhead(300 * time.Millisecond),
			kgo.Dialer(func(ctx context.Context, network, host string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, host)
				return slowConn{conn, limit, &atomic.Pointer[time.Time]{}}, err
			}),
		}
	}
	s := w.open(cfg)
	for got := 0; got < records; {
		batch := poll(t, s)
		commit(t, s, nil)
		got += len(batch)
	}
}
