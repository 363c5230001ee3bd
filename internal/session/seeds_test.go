package session_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/session"
	"github.com/loaderline/loaderline/testenv"
)

// A start succeeds although listed brokers are down, since its first request
// goes to another broker. The client chooses by chance, so each test asks
// often.
func TestSomeBrokersAreDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.publish(0, 1, 1)
	closed, err := testenv.FreeAddresses(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	k := consumer.Kafka{Brokers: append(closed, w.brokers...)}
	for name, ask := range starts(w, k) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed := map[string]int{}
			for range 20 {
				if err := ask(t.Context()); err != nil {
					failed[err.Error()]++
				}
			}
			if len(failed) > 0 {
				t.Errorf("%v", failed)
			}
		})
	}
}

// The error names a transaction timeout that the brokers refuse, and what they
// allow.
func TestTransactionTimeoutIsTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	cfg := w.config()
	cfg.TransactionTimeout = 20 * time.Minute
	_, err := session.Open(t.Context(), cfg)
	tooLong, ok := errors.AsType[*kafkaerr.TransactionTimeoutError](err)
	if !ok || tooLong.Most != 15*time.Minute || session.Recoverable(err) || !strings.Contains(err.Error(), "20m0s, longer than the brokers allow, 15m0s") {
		t.Errorf("got %v", err)
	}
	for timeout, fits := range map[time.Duration]bool{15 * time.Minute: true, 15*time.Minute + 1: false} {
		if err := kafkaadmin.CheckTransactionTimeout(t.Context(), w.cl, timeout); (err == nil) != fits {
			t.Errorf("%v: %v", timeout, err)
		}
	}
}

// starts is what a process asks of Kafka when it starts.
func starts(w *world, k consumer.Kafka) map[string]func(context.Context) error {
	set := map[string]map[int32]kafkaadmin.CommittedOffset{"in": {0: {At: 1}}}
	return map[string]func(context.Context) error{
		"offsets":     func(ctx context.Context) error { _, err := kafkaadmin.Offsets(ctx, k, "g"); return err },
		"set offsets": func(ctx context.Context) error { return kafkaadmin.SetOffsets(ctx, k, "other", set) },
		"notes":       func(ctx context.Context) error { _, err := kafkaadmin.Notes(ctx, k, "g"); return err },
		"describe":    func(ctx context.Context) error { _, err := kafkaadmin.Describe(ctx, k, "in"); return err },
		"extents":     func(ctx context.Context) error { _, err := kafkaadmin.Extents(ctx, k, "in"); return err },
		"create": func(ctx context.Context) error {
			return kafkaadmin.CreateTopics(ctx, k, kafkaadmin.TopicSpec{Name: "in", Partitions: 1, ReplicationFactor: 1})
		},
		"open": func(ctx context.Context) error {
			cfg := w.config()
			cfg.Kafka = k
			s, err := session.Open(ctx, cfg)
			if err == nil {
				err = s.Close(ctx)
			}
			return err
		},
		"commit the start": func(ctx context.Context) error {
			cfg := w.config()
			cfg.Kafka, cfg.Group = k, "new"
			cfg.Start = consumer.Start{From: consumer.StartLatest}
			return session.CommitStart(ctx, cfg)
		},
	}
}
