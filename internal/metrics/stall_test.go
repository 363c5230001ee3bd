package metrics_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// openTransaction leaves a transaction open in partition 0.
func (l *line) openTransaction() (client *kgo.Client, producer int64) {
	l.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(l.cluster.ListenAddrs()...), kgo.TransactionalID("upstream"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(client.Close)
	err = client.BeginTransaction()
	err = errors.Join(err, client.ProduceSync(l.t.Context(), &kgo.Record{Topic: "in", Value: []byte("1")}).FirstErr())
	producer, _, idErr := client.ProducerID(l.t.Context())
	if err := errors.Join(err, idErr); err != nil {
		l.t.Fatal(err)
	}
	return client, producer
}

// Another producer's open transaction holds back the records behind it. They count as waiting, and the stall
// names it.
func TestLagBehindAnOpenTransaction(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.publish(1)
	l.await("no lag", func(now map[string]float64) bool { return has(now, enriched, 2) && has(now, records0, 0) })
	client, producer := l.openTransaction()
	l.publish(1) // One of them waits behind it.
	open := fmt.Sprintf(`loaderline_open_transaction_seconds{partition="0",producer_id="%d",topic="in"}`, producer)
	l.await("a stall", func(now map[string]float64) bool {
		return now[open] > 0 && has(now, records0, 2) && now[seconds0] > 0 && has(now, records1, 0) && has(now, `loaderline_stalled{reason="open_transaction"}`, 1)
	})
	if text, want := l.watch.Stalled().Text, fmt.Sprintf(`producer %d (transactional ID "upstream") is open in in[0] from offset 1 on, since `, producer); !strings.Contains(text, want) {
		t.Errorf("%q has no %q", text, want)
	}
	if err := client.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	l.await("its end", func(now map[string]float64) bool {
		_, still := now[open]
		return has(now, enriched, 5) && !still && has(now, seconds0, 0) && has(now, `loaderline_stalled{reason="open_transaction"}`, 0)
	})
}

// The partitions of a process that has fallen out of the group have a lag, and the stall has the reason.
func TestLagOutsideOfTheGroup(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.await("partitions", func(now map[string]float64) bool { return has(now, records0, 0) && has(now, records1, 0) })
	l.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.JoinGroup}, Err: kerr.CoordinatorNotAvailable, TopLevel: true, Count: -1})
	l.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.UnknownServerError, TopLevel: true, Count: -1})
	l.await("no members", func(now map[string]float64) bool { return has(now, "loaderline_workers_joined", 0) })
	l.publish(2)
	l.await("a stall", func(now map[string]float64) bool {
		return has(now, records0, 2) && has(now, records1, 2) && now[seconds0] > 0 && has(now, `loaderline_stalled{reason="group"}`, 1)
	})
}

// A source that is away stalls the pipeline, and the stall names it.
func TestStallInAnOutage(t *testing.T) {
	t.Parallel()
	l := startLine(t, often)
	l.await("partitions", func(now map[string]float64) bool { return has(now, records0, 0) && has(now, records1, 0) })
	l.away.Store(true)
	l.publish(1)
	l.await("a stall", func(now map[string]float64) bool { return has(now, `loaderline_stalled{reason="outage"}`, 1) })
	if stall := l.watch.Stalled(); stall == nil || !strings.Contains(stall.Text, "waits for shop, for ") {
		t.Errorf("%+v", stall)
	}
	l.away.Store(false)
	l.await("no stall", func(now map[string]float64) bool { return has(now, `loaderline_stalled{reason="outage"}`, 0) })
}
