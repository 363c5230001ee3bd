package loaderline_test

import (
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/logtest"
	"github.com/loaderline/loaderline/stages"
)

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
	var log logtest.Buffer
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	var done atomic.Int64
	cfg.OnCommit = func(tally loaderline.Tally) { done.Add(int64(tally.Records)) }
	p, err := loaderline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p.PaceWindow(time.Second)
	stop := started(t, p)
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
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"the brokers take records slowly", "take records without delay again"} {
		if n := strings.Count(log.String(), line); n != 1 {
			t.Errorf("%q is logged %d times:\n%s", line, n, log.String())
		}
	}
}

// Transactions that publish nothing become large again too: the brokers have no part in them.
func TestThePaceRisesWithoutOutput(t *testing.T) {
	t.Parallel()
	const records = 4000
	b := newBroker(t, kfake.SeedTopics(1, "in", "out", "dead"))
	refusal := b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.NotLeaderForPartition, Count: -1})
	cfg := numbers(b, doubles)
	cfg.Workers, cfg.Consumer.TransactionTimeout = 1, time.Second
	var done, largest atomic.Int64
	cfg.OnCommit = func(tally loaderline.Tally) {
		largest.Store(max(largest.Load(), int64(tally.Records)))
		done.Add(int64(tally.Records))
	}
	var log logtest.Buffer
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	stop := start(t, cfg)
	b.publish(&kgo.Record{Value: []byte("1")})
	await(t, "a transaction that is given up", func() bool { return strings.Contains(log.String(), "session lost") })
	dropped := make([]*kgo.Record, records)
	for i := range dropped {
		dropped[i] = &kgo.Record{Value: []byte("7")}
	}
	b.publish(dropped...)
	refusal.Remove()
	await(t, "the last record", func() bool { return done.Load() == records+1 })
	if n := largest.Load(); n < records/8 {
		t.Errorf("the largest micro-batch had %d records", n)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
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
	var log logtest.Buffer
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	p, stop := startPipeline(t, cfg)
	await(t, "a transaction that is given up", func() bool { return strings.Contains(log.String(), "session lost") })
	if text := log.String(); !strings.Contains(text, "none of ") || strings.Contains(text, "slowly") || p.Status()[0].SlowBytes != 0 {
		t.Errorf("slow at %d:\n%s", p.Status()[0].SlowBytes, text)
	}
	refusal.Remove()
	b.waitFor(records)
	if err := stop(); err != nil {
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
