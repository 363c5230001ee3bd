package nextrecord_test

import (
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/nextrecord"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// written are transactions, one by each client: a record that is committed at 0, two that are aborted at 2 and 3, one more
// that is committed at 5, and one at 7 that stays open. Behind each, but the last, is its marker.
func written(t *testing.T) (*kfake.Cluster, *kgo.Client) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	if err := cluster.CreateTopic("in", 1, map[string]string{"cleanup.policy": "compact"}); err != nil {
		t.Fatal(err)
	}
	var client *kgo.Client
	for _, tx := range []struct {
		name string
		keys []string
	}{{"commit", []string{"a"}}, {"abort", []string{"b", "c"}}, {"commit too", []string{"d"}}, {"open", []string{"e"}}} {
		client, err = kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.TransactionalID(tx.name), kgo.DefaultProduceTopic("in"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		err := client.BeginTransaction()
		for _, key := range tx.keys {
			err = errors.Join(err, client.ProduceSync(t.Context(), kgo.KeyStringRecord(key, key)).FirstErr())
		}
		switch tx.name {
		case "open":
		case "abort":
			err = errors.Join(err, client.EndTransaction(t.Context(), kgo.TryAbort))
		default:
			err = errors.Join(err, client.EndTransaction(t.Context(), kgo.TryCommit))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return cluster, client
}

func TestNext(t *testing.T) {
	cluster, client := written(t)
	topics, err := kadm.NewClient(client).ListTopics(t.Context(), "in")
	if err != nil {
		t.Fatal(err)
	}
	expect := func(what string, want map[int64]int64) {
		t.Helper()
		for from, want := range want {
			next, err := nextrecord.Next(t.Context(), client, nextrecord.Position{Topic: "in", ID: topics["in"].ID, Offset: from})
			if err != nil || next != want {
				t.Errorf("%s: after %d comes %d, want %d: %v", what, from, next, want, err)
			}
		}
	}
	expect("as it was written", map[int64]int64{0: 0, 1: 5, 2: 5, 5: 5, 6: 7, 7: 7, 99: 99})
	cluster.Compact() // It takes what was aborted, and its marker.
	expect("compacted", map[int64]int64{0: 0, 1: 5, 3: 5, 5: 5, 6: 7, 7: 7})
}
