package nextrecord_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/nextrecord"
)

// It finds records of all sizes behind markers and aborted records, and how far a partition has been looked through where an
// open transaction or nothing comes next.
func TestFindAll(t *testing.T) {
	const partitions = 7
	cluster, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.SeedTopics(partitions, "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	// The fake leaves out which transactions were aborted where the bytes of the whole answer are over.
	cluster.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		req.(*kmsg.FetchRequest).MaxBytes = 1 << 30
		return nil, nil, false
	})
	writeIn(t, cluster, "aborted", map[int32]int{1: 10, 2: 10, 3: 10, 4: 10})
	writeIn(t, cluster, "committed", map[int32]int{0: 10, 1: 10_000, 2: 200_000, 4: 10})
	writeIn(t, cluster, "open", map[int32]int{4: 10, 5: 100_000})
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	topics, err := kadm.NewClient(client).ListTopics(t.Context(), "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	const none = -1
	committed, stable := []int64{0, 2, 2, none, 2, none, none}, []int64{2, 4, 4, 2, 4, 0, 0}
	for offset := range int64(6) {
		all, want := []nextrecord.Position{{Topic: "a", Partition: partitions, Offset: 3}}, []int64{3}
		for topic := range topics {
			for partition := range partitions {
				all = append(all, nextrecord.Position{Topic: topic, Partition: int32(partition), Offset: offset})
				if committed[partition] >= offset {
					want = append(want, committed[partition])
				} else {
					want = append(want, max(offset, stable[partition]))
				}
			}
		}
		found, err := nextrecord.FindAll(t.Context(), client, topics, all)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range found {
			isRecord := all[i].Partition < partitions && want[i] == committed[all[i].Partition]
			if r.Offset != want[i] || r.Time.IsZero() == isRecord {
				t.Errorf("%+v: found %+v, want offset %d, a record: %t", all[i], r, want[i], isRecord)
			}
		}
	}
}

// What is not asked for any more is where it was.
func TestFindAllEnds(t *testing.T) {
	_, client := written(t)
	topics, err := kadm.NewClient(client).ListTopics(t.Context(), "in")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	found, err := nextrecord.FindAll(ctx, client, topics, []nextrecord.Position{{Topic: "in", Offset: 4}})
	if err == nil || fmt.Sprint(found) != fmt.Sprint([]nextrecord.Record{{Offset: 4}}) {
		t.Errorf("got %v, %v", found, err)
	}
}

// writeIn writes a record of a size to partitions of both topics, in a transaction that ends as its name says.
func writeIn(t *testing.T, cluster *kfake.Cluster, name string, sizes map[int32]int) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.TransactionalID(name), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	err = client.BeginTransaction()
	for partition, size := range sizes {
		for _, topic := range []string{"a", "b"} {
			r := &kgo.Record{Topic: topic, Partition: partition, Value: bytes.Repeat([]byte("x"), size)}
			err = errors.Join(err, client.ProduceSync(t.Context(), r).FirstErr())
		}
	}
	switch name {
	case "committed":
		err = errors.Join(err, client.EndTransaction(t.Context(), kgo.TryCommit))
	case "aborted":
		err = errors.Join(err, client.EndTransaction(t.Context(), kgo.TryAbort))
	}
	if err != nil {
		t.Fatal(err)
	}
}
