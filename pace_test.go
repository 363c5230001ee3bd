package loaderline_test

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/stages"
)

// brokers take so many records a second, and hold back what comes after what was too much.
type brokers struct {
	perSecond float64
	debt      time.Duration
	now       time.Time
}

const most = 8 * time.Second

// publish is one transaction: it is committed unless it takes too long.
func (b *brokers) publish(p *loaderline.Pace, records int) (committed bool) {
	needs := b.debt + time.Duration(float64(records)/b.perSecond*float64(time.Second))
	b.now = b.now.Add(min(needs, most) + 100*time.Millisecond)
	if needs <= most {
		b.debt = 0
		p.Took(b.now, records, needs, most)
		return true
	}
	p.Missed(b.now, records, max(0, (most-b.debt).Seconds()*b.perSecond/float64(records)))
	b.debt = 0 // A new session is a new connection.
	return false
}

// However slow the brokers are, the transactions become as small as they take, stay that small, and grow again with them.
func TestPaceIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		batch := rapid.IntRange(1, 20_000).Draw(t, "batch")
		b := &brokers{perSecond: rapid.Float64Range(0.5, 100_000).Draw(t, "records a second"), now: time.Now()}
		b.debt = time.Duration(rapid.Int64Range(0, int64(most)).Draw(t, "held back at first"))
		var p loaderline.Pace
		next := func() int {
			if n := p.Records(); n > 0 {
				return min(n, batch)
			}
			return batch
		}
		for tries := 0; !b.publish(&p, next()); tries++ {
			if tries > 6 {
				t.Fatalf("nothing was committed in %d tries: %d records at %.1f a second", tries, next(), b.perSecond)
			}
		}
		for end := b.now.Add(5 * time.Minute); b.now.Before(end); {
			if !b.publish(&p, next()) {
				t.Fatalf("%d records are too many again, at %.1f a second", next(), b.perSecond)
			}
		}
		if n, fit := next(), b.perSecond*most.Seconds(); n < batch && float64(n) < fit/32-1 {
			t.Errorf("it stays at %d records, of %.0f that fit", n, fit)
		}
		b.perSecond = 1e9
		for end := b.now.Add(10 * time.Minute); b.now.Before(end); {
			b.publish(&p, next())
		}
		if n := next(); n != batch {
			t.Errorf("it takes %d of %d records though the brokers are fast again", n, batch)
		}
	})
}

// A broker that was away has acknowledged nothing. When it is back the transactions are soon as large as before.
func TestPaceAfterABrokerWasAway(t *testing.T) {
	t.Parallel()
	const batch = 5000
	b := &brokers{perSecond: 50_000, now: time.Now()}
	var p loaderline.Pace
	p.Missed(b.now, batch, 0)
	p.Missed(b.now, p.Records(), 0)
	began := b.now
	for p.Records() < batch {
		if !b.publish(&p, min(p.Records(), batch)) {
			t.Fatalf("%d records are too many", p.Records())
		}
	}
	if took := b.now.Sub(began); took > 5*time.Second {
		t.Errorf("it takes %v", took)
	}
}

// Brokers that take a few kilobytes a second get what they take in the time that a transaction has. It is said once.
func TestSlowBrokersAreGivenFewerRecords(t *testing.T) {
	t.Parallel()
	const records, size, rate = 400, 200, 60_000
	b := newBroker(t)
	b.publish(events(records)...)
	var fast atomic.Bool
	b.cluster.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		bytes := 0
		for _, topic := range req.(*kmsg.ProduceRequest).Topics {
			for _, p := range topic.Partitions {
				bytes += len(p.Records)
			}
		}
		if !fast.Load() {
			b.cluster.SleepControl(func() { time.Sleep(time.Duration(bytes) * time.Second / rate) })
		}
		return nil, nil, false
	})
	cfg := numbers(b, doubles)
	cfg.Workers, cfg.Consumer.TransactionTimeout = 1, time.Second
	cfg.Encode = func(stages.Row[int]) ([]loaderline.Record, error) {
		value := make([]byte, size)
		_, _ = rand.Read(value) // It never fails, and does not compress.
		return []loaderline.Record{{Value: binary.AppendUvarint(value, 1)}}, nil
	}
	var log lockedBuffer
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	var done atomic.Int64
	cfg.OnCommit = func(tally loaderline.Tally) { done.Add(int64(tally.Records)) }
	p, err := loaderline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	await(t, "half of the records", func() bool { return done.Load() >= records/2 })
	if slow := p.Status()[0].SlowBytes; slow == 0 {
		t.Error("the status does not say that the brokers are slow")
	}
	fast.Store(true)
	for p.Status()[0].SlowBytes != 0 {
		want := done.Load() + records/2
		b.publish(events(records)...)
		await(t, "more records", func() bool { return done.Load() >= want })
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"the brokers take records slowly", "as fast as they come again"} {
		if n := strings.Count(log.String(), line); n != 1 {
			t.Errorf("%q is logged %d times:\n%s", line, n, log.String())
		}
	}
}

// Brokers that take nothing are away, not slow.
func TestBrokersThatTakeNothingAreNotCalledSlow(t *testing.T) {
	t.Parallel()
	const records = 20
	b := newBroker(t)
	b.publish(events(records)...)
	refusal := b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotLeaderForPartition, Count: -1})
	cfg := numbers(b, doubles)
	cfg.Workers, cfg.Consumer.TransactionTimeout = 1, time.Second
	var log lockedBuffer
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	p, err := loaderline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	await(t, "a transaction that is given up", func() bool { return strings.Contains(log.String(), "session lost") })
	if text := log.String(); !strings.Contains(text, "none of ") || strings.Contains(text, "slowly") || p.Status()[0].SlowBytes != 0 {
		t.Errorf("slow at %d:\n%s", p.Status()[0].SlowBytes, text)
	}
	refusal.Remove()
	b.waitFor(records)
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// await waits until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came to %s", what)
		}
	}
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
