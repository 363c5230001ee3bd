package backlog_test

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/backlog"
)

// world is a group that has committed some of a topic's partition.
type world struct {
	t       *testing.T
	cluster *kfake.Cluster
	client  *kgo.Client
}

func newWorld(t *testing.T, opts ...kfake.Opt) *world {
	t.Helper()
	cluster, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1), kfake.SeedTopics(1, "in"))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.TransactionalID("upstream"), kgo.ProducerBatchMaxBytes(300_000))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &world{t, cluster, client}
}

// transaction publishes records of a size in a transaction, which stays open.
func (w *world) transaction(records, size int) {
	w.t.Helper()
	if err := w.client.BeginTransaction(); err != nil {
		w.t.Fatal(err)
	}
	for range records {
		value := make([]byte, size)
		_, _ = rand.Read(value) // It never fails, and does not compress.
		if err := w.client.ProduceSync(w.t.Context(), &kgo.Record{Topic: "in", Value: value}).FirstErr(); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) end(how kgo.TransactionEndTry) {
	w.t.Helper()
	if err := w.client.EndTransaction(w.t.Context(), how); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) commit(at int64) {
	w.t.Helper()
	var offsets kadm.Offsets
	offsets.AddOffset("in", 0, at, -1)
	if err := kadm.NewClient(w.client).CommitAllOffsets(w.t.Context(), "g", offsets); err != nil {
		w.t.Fatal(err)
	}
}

// await watches the group until a condition holds.
func (w *world) await(what string, holds func(*backlog.Watch) bool) {
	w.t.Helper()
	w.awaitOf(what, loaderline.WorkerStatus{Joined: true, Committed: time.Now()}, holds)
}

// awaitOf is await with a worker.
func (w *world) awaitOf(what string, worker loaderline.WorkerStatus, holds func(*backlog.Watch) bool) {
	w.t.Helper()
	watch := backlog.New(backlog.Config{
		Kafka: consumer.Kafka{Brokers: w.cluster.ListenAddrs()}, Group: "g", Topics: []string{"in", "many"}, ClientID: "x",
		Status: backlog.Workers(worker),
		Every:  50 * time.Millisecond, Patience: time.Second,
	})
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error)
	go func() { ended <- watch.Run(ctx) }()
	for end := time.Now().Add(20 * time.Second); !holds(watch); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Errorf("it never came to %s: %+v, %+v", what, watch.Partitions(), watch.Stalled())
			break
		}
	}
	cancel()
	if err := <-ended; err != nil {
		w.t.Error(err)
	}
}

func nothingWaits(watch *backlog.Watch) bool {
	all := watch.Partitions()
	return len(all) == 1 && all[0].End > all[0].Committed && !all[0].Waiting
}

// Whether records wait in many partitions is asked by few requests.
func TestManyPartitionsAreAskedAtOnce(t *testing.T) {
	t.Parallel()
	const partitions, most = 200, 20
	w := newWorld(t, kfake.SeedTopics(partitions, "many"))
	records, offsets := make([]*kgo.Record, partitions), kadm.Offsets{}
	for i := range records {
		records[i] = &kgo.Record{Topic: "many", Partition: int32(i)}
		offsets.AddOffset("many", int32(i), 1, -1)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(w.cluster.ListenAddrs()...), kgo.TransactionalID("many"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	err = client.BeginTransaction()
	err = errors.Join(err, client.ProduceSync(t.Context(), records...).FirstErr(), client.EndTransaction(t.Context(), kgo.TryCommit))
	if err := errors.Join(err, kadm.NewClient(client).CommitAllOffsets(t.Context(), "g", offsets)); err != nil {
		t.Fatal(err)
	}
	var fetches atomic.Int64
	w.cluster.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		w.cluster.KeepControl()
		fetches.Add(1)
		return nil, nil, false
	})
	w.await("only markers being left", func(watch *backlog.Watch) bool {
		all := watch.Partitions()
		waiting := slices.ContainsFunc(all, func(p backlog.Partition) bool { return p.Waiting })
		return len(all) == partitions && !waiting
	})
	if n := fetches.Load(); n > most {
		t.Errorf("it took %d fetches, want at most %d", n, most)
	}
}

// However much was aborted behind the last record, nothing waits.
func TestWhatWasAbortedDoesNotWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// The fake leaves out which transactions were aborted where the bytes of the whole answer are over.
	w.cluster.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.cluster.KeepControl()
		req.(*kmsg.FetchRequest).MaxBytes = 1 << 30
		return nil, nil, false
	})
	w.transaction(1, 10)
	w.end(kgo.TryCommit)
	w.transaction(15, 200_000)
	w.end(kgo.TryAbort)
	w.commit(1)
	w.await("the end of 3 MB", nothingWaits)
}

// A broker that is not the leader cannot say what waits. It is not asked for the last time.
func TestALeaderThatMovedIsAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.transaction(1, 10)
	w.end(kgo.TryCommit)
	w.commit(1)
	w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.NotLeaderForPartition})
	w.await("an answer of the leader", nothingWaits)
}

// An open transaction is the reason also on brokers that cannot say whose it is.
func TestAnOpenTransactionThatNobodyNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, kfake.MaxVersions(kversion.V2_7_0()))
	w.transaction(1, 10)
	w.end(kgo.TryCommit)
	w.commit(2)
	w.transaction(1, 10)
	w.await("a reason", func(watch *backlog.Watch) bool {
		s := watch.Stalled()
		return s != nil && s.Reason == backlog.Transaction && s.Text == "a transaction whose producer cannot be found is open in in[0] from offset 2 on, since "+
			watch.Partitions()[0].Blocked.Since.UTC().Format(time.RFC3339)+", and what comes after it waits for its end"
	})
}

// TestTheSpeedIsThatOfOffsets commits two records and publishes two more, once the watch has seen that nothing moves.
func TestTheSpeedIsThatOfOffsets(t *testing.T) {
	w := newWorld(t)
	w.transaction(3, 10)
	w.end(kgo.TryCommit)
	w.commit(0)
	moved := false
	w.await("a speed", func(watch *backlog.Watch) bool {
		speed, known := watch.Speed()
		switch {
		case !known:
			return false
		case moved:
			return speed.Done > 0 && speed.New > 0
		case speed != backlog.Speed{}:
			t.Errorf("nothing moves, and the speed is %+v", speed)
		}
		w.commit(2)
		w.transaction(2, 10)
		w.end(kgo.TryCommit)
		moved = true
		return false
	})
}

// TestRecordsAfterARestWaitSinceTheyCame has a worker whose last record is an hour old, and records that came just now.
func TestRecordsAfterARestWaitSinceTheyCame(t *testing.T) {
	for name, markers := range map[string]bool{"nothing was left": false, "a marker was left": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.transaction(1, 10)
			w.end(kgo.TryCommit)
			if markers {
				w.commit(1)
			} else {
				w.commit(2)
			}
			hour := loaderline.WorkerStatus{Joined: true, Partitions: []loaderline.PartitionStatus{{Topic: "in", Newest: time.Now().Add(-time.Hour)}}}
			came := false
			w.awaitOf("a lag", hour, func(watch *backlog.Watch) bool {
				lags := watch.Lags()
				switch {
				case came:
					return len(lags) == 1 && lags[0].Waiting && lags[0].Seconds > 0 && lags[0].Seconds < 60
				case len(lags) == 1 && !lags[0].Waiting && lags[0].Seconds == 0:
					came = true
					w.transaction(1, 10)
					w.end(kgo.TryCommit)
				}
				return false
			})
		})
	}
}
