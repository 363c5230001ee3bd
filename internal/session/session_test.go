package session_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/session"
)

func TestEveryRecordOnce(t *testing.T) {
	t.Parallel()
	eachDelivery(t, 3, 300, func(w *world, cfg session.Config) {
		t := w.t
		cfg.MaxRecords = 70
		s := w.open(cfg)
		for n := 0; n < 300; {
			batch := poll(t, s)
			if len(batch) > 70 {
				t.Fatalf("batch of %d records", len(batch))
			}
			commit(t, s, echo(batch))
			n += len(batch)
		}
		if diff := cmp.Diff(numbered(0, 300), sorted(w.committed("out"))); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[int32]int64{0: 100, 1: 100, 2: 100}, w.offsets()); diff != "" {
			t.Errorf("offsets (-want +got):\n%s", diff)
		}
		for _, p := range s.Partitions() {
			if p.Lag != 0 || p.Topic != "in" {
				t.Errorf("%+v after the end", p)
			}
		}
		if !s.Joined() {
			t.Error("not in the group")
		}
	})
}

func TestCommitOfNothingMovesOffsets(t *testing.T) {
	t.Parallel()
	eachDelivery(t, 1, 10, func(w *world, cfg session.Config) {
		t := w.t
		s := w.open(cfg)
		batch := poll(t, s)
		commit(t, s, nil)
		if got := w.offsets()[0]; got != int64(len(batch)) {
			t.Errorf("offset %d, want %d", got, len(batch))
		}
	})
}

func TestGiveBackPollsTheSameAgain(t *testing.T) {
	t.Parallel()
	eachDelivery(t, 1, 30, func(w *world, cfg session.Config) {
		t := w.t
		cfg.MaxRecords = 10
		s := w.open(cfg)
		commit(t, s, echo(poll(t, s)))
		for range 3 {
			if diff := cmp.Diff(numbered(10, 10), values(poll(t, s))); diff != "" {
				t.Fatalf("batch (-want +got):\n%s", diff)
			}
			if err := s.GiveBack(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		commit(t, s, echo(poll(t, s)))
		if diff := cmp.Diff(numbered(0, 20), w.committed("out")); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
	})
}

func TestPollEndsWithItsContext(t *testing.T) {
	t.Parallel()
	eachDelivery(t, 1, 10, func(w *world, cfg session.Config) {
		t := w.t
		cfg.Linger = time.Second
		s := w.open(cfg)
		ctx, cancel := context.WithCancel(t.Context())
		stop := context.AfterFunc(t.Context(), cancel)
		defer stop()
		go func() { // The batch lingers once its records are here.
			defer cancel()
			polled := func(p session.PartitionStatus) bool { return p.Lag >= 0 }
			for !slices.ContainsFunc(s.Partitions(), polled) && t.Context().Err() == nil {
				time.Sleep(time.Millisecond)
			}
		}()
		for {
			_, err := s.Poll(ctx)
			if errors.Is(err, context.Canceled) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(numbered(0, 10), values(poll(t, s))); diff != "" {
			t.Errorf("polled again (-want +got):\n%s", diff)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		cfg.Linger = 0
		next := w.open(cfg)
		if diff := cmp.Diff(numbered(0, 10), values(poll(t, next))); diff != "" {
			t.Errorf("after the restart (-want +got):\n%s", diff)
		}
		if _, err := s.Poll(t.Context()); !errors.Is(err, session.ErrClosed) {
			t.Errorf("poll after close: %v", err)
		}
	})
}

func TestBatchCloses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		set      func(*session.Config)
		min, max int // Records in the first full batch.
	}{
		{"at records", func(c *session.Config) { c.MaxRecords = 7 }, 7, 7},
		{"at bytes", func(c *session.Config) { c.MaxBytes = 50_000 }, 45, 60},
		{"at linger", func(c *session.Config) { c.Linger = 300 * time.Millisecond }, 200, 200},
		{"at once", func(c *session.Config) { c.Linger = -1 }, 1, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			for range 200 {
				r := &kgo.Record{Topic: "in", Value: []byte(strings.Repeat("x", 1000))}
				if err := w.cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
					t.Fatal(err)
				}
			}
			cfg := w.config()
			cfg.Linger = 10 * time.Second
			tt.set(&cfg)
			s := w.open(cfg)
			if n := len(poll(t, s)); n < tt.min || n > tt.max {
				t.Errorf("batch of %d records, want %d to %d", n, tt.min, tt.max)
			}
		})
	}
}

// A record that comes long after the last commit does not wait for more.
func TestLingerCountsFromTheCommitBefore(t *testing.T) {
	t.Parallel()
	eachDelivery(t, 1, 1, func(w *world, cfg session.Config) {
		t := w.t
		cfg.MaxRecords, cfg.Linger = 10, time.Hour
		s := w.open(cfg)
		s.Limit(1)
		commit(t, s, echo(poll(t, s)))
		s.Limit(0)
		session.CommittedEarlier(s, time.Hour)
		w.publish(1, 1, 1)
		if diff := cmp.Diff(numbered(1, 1), values(poll(t, s))); diff != "" {
			t.Errorf("batch (-want +got):\n%s", diff)
		}
	})
}

func TestLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.publish(0, 60, 1)
	cfg := w.config()
	cfg.MaxRecords, cfg.Linger = 20, time.Second
	s := w.open(cfg)
	for _, step := range []struct{ limit, want int }{{0, 20}, {3, 3}, {1000, 20}, {1, 1}, {0, 16}} {
		s.Limit(step.limit)
		batch := poll(t, s)
		if len(batch) != step.want {
			t.Errorf("limit %d: %d records, want %d", step.limit, len(batch), step.want)
		}
		commit(t, s, nil)
	}
}

func TestPauseKeepsMembership(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.publish(0, 20, 2)
	cfg := w.config()
	cfg.SessionTimeout, cfg.RebalanceTimeout = 3*time.Second, time.Second // A busy machine may hold up heartbeats for a second.
	s := w.open(cfg)
	poll(t, s)
	s.Pause()
	if err := s.GiveBack(t.Context()); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(4 * time.Second); time.Now().Before(end); {
		began := time.Now()
		batch, err := s.Poll(t.Context())
		if err != nil || len(batch) > 0 {
			t.Fatalf("paused poll: %v, %v", values(batch), err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Fatalf("paused poll took %v", took)
		}
	}
	groups, err := w.admin.DescribeGroups(t.Context(), "g")
	if err != nil {
		t.Fatal(err)
	}
	if g := groups["g"]; g.State != "Stable" || len(g.Members) != 1 {
		t.Errorf("group is %s with %d members", g.State, len(g.Members))
	}
	s.Resume()
	got := values(poll(t, s))
	for len(got) < 20 {
		commit(t, s, nil)
		got = append(got, values(poll(t, s))...)
	}
	if diff := cmp.Diff(numbered(0, 20), sorted(got)); diff != "" {
		t.Errorf("after the pause (-want +got):\n%s", diff)
	}
}

func TestPresetPartition(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	w.publish(0, 1, 1)
	cfg := w.config()
	cfg.Partition = session.Preset
	s := w.open(cfg)
	poll(t, s)
	var out []*kgo.Record
	for p := range int32(4) {
		out = append(out, &kgo.Record{Topic: "out", Partition: p, Key: []byte("foobar"), Value: fmt.Append(nil, p)})
	}
	out = append(out, &kgo.Record{Topic: "out", Partition: -1, Key: []byte("foobar")})
	commit(t, s, out)
	if diff := cmp.Diff([]string{"0", "1", "2", "3"}, values(out[:4])); diff != "" {
		t.Fatal(diff)
	}
	for p, r := range out[:4] {
		if int(r.Partition) != p {
			t.Errorf("record for partition %d went to %d", p, r.Partition)
		}
	}
	// As a Java client does: the published test value of murmur2 for "foobar" is -790332482.
	if got := out[4].Partition; got != 2 {
		t.Errorf("key went to partition %d", got)
	}
	w.publish(1, 1, 1)
	poll(t, s)
	_, err := s.Commit(t.Context(), []*kgo.Record{{Topic: "out", Partition: 4}})
	if _, ok := errors.AsType[*kafkaerr.ProduceError](err); !ok || isRejected(err) || session.Recoverable(err) || !strings.Contains(err.Error(), "partition 4") {
		t.Errorf("a partition that is not there: %v", err)
	}
}

func TestOpenRefusesConfig(t *testing.T) {
	t.Parallel()
	_, err := session.Open(t.Context(), session.Config{Config: consumer.Config{
		Kafka: consumer.Kafka{SASL: consumer.SASL{Mechanism: "MD5"}}, MaxRecords: -1, Start: consumer.Start{From: consumer.StartTime},
	}})
	for _, want := range []string{"Group", "Topics", "Name and Instance", "MaxRecords", "Start has no Time", "mechanism"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not speak of %q", err, want)
		}
	}
}

func isRejected(err error) bool {
	_, is := errors.AsType[*session.RejectedError](err)
	return is
}
