package loaderline_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// sick says which keys fail: those in fails, until their first event has been tried so often.
type sick struct {
	mu    sync.Mutex
	fails map[string]int
	tried map[string]int // by event
}

func newSick(tries int, keys ...string) *sick {
	s := &sick{fails: map[string]int{}, tried: map[string]int{}}
	for _, key := range keys {
		s.fails[key] = tries
	}
	return s
}

func (s *sick) try(event string) (ok bool) {
	key, _, _ := strings.Cut(event, " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried[event]++
	return s.fails[key] == 0 || s.tried[key+" 0"] > s.fails[key]
}

// retrying is a pipeline over events "key number" with two retry topics.
func retrying(b *broker, s *sick) loaderline.Config[string] {
	cfg := config[string](b)
	cfg.Consumer.Linger = -1
	cfg.Retry.Topics = []loaderline.RetryTopic{{Topic: "retry-1", Delay: 200 * time.Millisecond}, {Topic: "retry-2", Delay: 500 * time.Millisecond}}
	cfg.Decode = func(r loaderline.Record) (string, error) { return string(r.Value), nil }
	cfg.Plan = &stages.Plan[string]{}
	cfg.Encode = func(row stages.Row[string]) ([]loaderline.Record, error) {
		if !s.try(row.Event()) {
			return nil, &loaderline.Failure{Kind: "lookup", Stage: "user", Message: "deadlock", Transient: true}
		}
		return []loaderline.Record{{Value: []byte(row.Event())}}, nil
	}
	return cfg
}

func withRetryTopics() kfake.Opt {
	return kfake.SeedTopics(4, "in", "out", "dead", "retry-1", "retry-2")
}

// keyed publishes events from a number on, in turn for each key.
func keyed(b *broker, from, n int, keys ...string) {
	b.t.Helper()
	var records []*kgo.Record
	for i := from; i < from+n; i++ {
		for _, key := range keys {
			records = append(records, &kgo.Record{Key: []byte(key), Value: fmt.Appendf(nil, "%s %d", key, i), Timestamp: time.UnixMilli(int64(1000 + i)), Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte("t")}}})
		}
	}
	b.publish(records...)
}

// inOrder fails where an event is missing, is there twice, or is not in the order of its key.
func inOrder(t *testing.T, records []*kgo.Record, n int, keys ...string) {
	t.Helper()
	got, want := map[string][]string{}, map[string][]string{}
	for _, r := range records {
		key, number, _ := strings.Cut(string(r.Value), " ")
		got[key] = append(got[key], number)
	}
	for _, key := range keys {
		for i := range n {
			want[key] = append(want[key], strconv.Itoa(i))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events by key (-want +got):\n%s", diff)
	}
}

func TestAKeyThatFailsForAWhileIsEnrichedInOrder(t *testing.T) {
	t.Parallel()
	for _, delivery := range []consumer.Delivery{consumer.ExactlyOnce, consumer.AtLeastOnce} {
		t.Run(delivery.String(), func(t *testing.T) {
			t.Parallel()
			b := newBroker(t, withRetryTopics())
			s := newSick(2, "a")
			cfg := retrying(b, s)
			cfg.Consumer.Delivery, cfg.Sink.Source = delivery, sink.SourceFull
			stop := start(t, cfg)
			for i := range 10 {
				keyed(b, 20*i, 20, "a", "b", "c")
				b.waitFor(int64(60 * (i + 1)))
			}
			out := b.read("out", 600)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			inOrder(t, out, 200, "a", "b", "c")
			if n := b.size("dead"); n > 0 {
				t.Errorf("%d dead letters", n)
			}
			if s.tried["a 0"] < 3 {
				t.Errorf("the first event was tried %d times", s.tried["a 0"])
			}
			if s.tried["a 199"] != 1 && s.tried["a 199"] != 2 {
				t.Errorf("the last event was tried %d times, and it had only to wait", s.tried["a 199"])
			}
			for _, r := range out {
				_, number, _ := strings.Cut(string(r.Value), " ")
				n, _ := strconv.Atoi(number)
				if r.Timestamp.UnixMilli() != int64(1000+n) || header(r, "loaderline.source.topic") != "in" || header(r, "trace") != "t" ||
					header(r, "loaderline.source.timestamp") != strconv.Itoa(1000+n) || header(r, "loaderline.retry.due") != "" {
					t.Fatalf("%s has the timestamp %v and the headers %v", r.Value, r.Timestamp, r.Headers)
				}
			}
		})
	}
}

func TestWhatFailsInAllRetryTopicsIsADeadLetter(t *testing.T) {
	t.Parallel()
	b := newBroker(t, withRetryTopics())
	cfg := retrying(b, newSick(1000, "a"))
	var mu sync.Mutex
	var sum loaderline.Tally
	cfg.OnCommit = func(t loaderline.Tally) {
		mu.Lock()
		defer mu.Unlock()
		sum.Records, sum.Retried, sum.Enriched = sum.Records+t.Records, sum.Retried+t.Retried, sum.Enriched+t.Enriched
	}
	stop := start(t, cfg)
	keyed(b, 0, 1, "a", "b")
	began := time.Now()
	dead := b.read("dead", 1)[0]
	if took := time.Since(began); took < 700*time.Millisecond {
		t.Errorf("it is dead after %v", took)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, h := range dead.Headers {
		got[h.Key] = string(h.Value)
	}
	first, err1 := time.Parse(time.RFC3339Nano, got["loaderline.error.first_at"])
	last, err2 := time.Parse(time.RFC3339Nano, got["loaderline.error.last_at"])
	if err1 != nil || err2 != nil || last.Sub(first) < 700*time.Millisecond {
		t.Errorf("it failed from %v to %v", got["loaderline.error.first_at"], got["loaderline.error.last_at"])
	}
	for _, volatile := range []string{"loaderline.error.first_at", "loaderline.error.last_at", "loaderline.source.partition"} {
		delete(got, volatile)
	}
	want := map[string]string{
		"trace":                   "t",
		"loaderline.source.topic": "in", "loaderline.source.offset": "0", "loaderline.source.timestamp": "1000",
		"loaderline.pipeline": "g", "loaderline.version": loaderline.Version,
		"loaderline.error.kind": "lookup", "loaderline.error.stage": "user", "loaderline.error.code": "", "loaderline.error.message": "deadlock",
		"loaderline.error.attempts": "3", "loaderline.redrives": "0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if string(dead.Key) != "a" || string(dead.Value) != "a 0" {
		t.Errorf("the dead letter is %s: %s", dead.Key, dead.Value)
	}
	retry := b.read("retry-2", 1)[0]
	if header(retry, "loaderline.error.attempts") != "2" || header(retry, "loaderline.error.kind") != "lookup" || header(retry, "loaderline.source.topic") != "in" {
		t.Errorf("headers in the second retry topic: %v", retry.Headers)
	}
	if sum.Records != 4 || sum.Retried != 2 || sum.Enriched != 1 {
		t.Errorf("counted %+v", sum)
	}
}

func TestWithoutOrderLaterEventsPass(t *testing.T) {
	t.Parallel()
	b := newBroker(t, withRetryTopics())
	cfg := retrying(b, newSick(0))
	cfg.Retry.Unordered = true
	encode := cfg.Encode
	var tried atomic.Bool
	cfg.Encode = func(row stages.Row[string]) ([]loaderline.Record, error) {
		if row.Event() == "a 0" && !tried.Swap(true) {
			return nil, &loaderline.Failure{Kind: "lookup", Message: "deadlock", Transient: true}
		}
		return encode(row)
	}
	stop := start(t, cfg)
	keyed(b, 0, 5, "a")
	var got []string
	for _, r := range b.read("out", 5) {
		got = append(got, string(r.Value))
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a 1", "a 2", "a 3", "a 4", "a 0"}, got); diff != "" {
		t.Error(diff)
	}
}

// Members come and go while a key waits: who gets a partition knows which keys wait in it.
func TestOrderOutlivesItsOwner(t *testing.T) {
	t.Parallel()
	b := newBroker(t, withRetryTopics())
	s := newSick(2, "a")
	run := func(instance string) func() error {
		cfg := retrying(b, s)
		cfg.Consumer.Instance = instance
		cfg.Workers = 1
		cfg.Retry.Topics[0].Delay, cfg.Retry.Topics[1].Delay = time.Second, 2*time.Second
		return start(t, cfg)
	}
	stop := run("one")
	keyed(b, 0, 20, "a", "b", "c")
	b.waitFor(60)
	stopOther := run("two")
	keyed(b, 20, 20, "a", "b", "c")
	b.waitFor(120)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	keyed(b, 40, 20, "a", "b", "c")
	b.waitFor(180)
	if err := stopOther(); err != nil {
		t.Fatal(err)
	}
	stop = run("three")
	keyed(b, 60, 20, "a", "b", "c")
	out := b.read("out", 240)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	inOrder(t, out, 80, "a", "b", "c")
}

// Too many keys wait: nothing more is taken from their partition, until there is room.
func TestTheNumberOfWaitingKeysIsBounded(t *testing.T) {
	t.Parallel()
	b := newBroker(t, kfake.SeedTopics(1, "in", "out", "dead", "retry-1", "retry-2"))
	keys := make([]string, 100)
	for i := range keys {
		keys[i] = fmt.Sprintf("k%d", i)
	}
	cfg := retrying(b, newSick(1, keys...))
	const limit = 10
	cfg.Consumer.MaxRecords, cfg.Retry.MaxKeys, cfg.Workers = 5, limit, 1
	var waiting, most int // Here each key has one event.
	cfg.OnCommit = func(t loaderline.Tally) {
		waiting -= t.Enriched
		if t.Retried > 0 && t.Enriched == 0 && waiting < limit {
			waiting += t.Retried
		}
		most = max(most, waiting)
	}
	stop := start(t, cfg)
	keyed(b, 0, 1, keys...)
	out := b.read("out", len(keys))
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	inOrder(t, out, 1, keys...)
	if most < limit {
		t.Errorf("no more than %d keys waited", most)
	}
}

func TestRetryTopicsAreChecked(t *testing.T) {
	t.Parallel()
	b := newBroker(t, kfake.SeedTopics(4, "in", "out", "dead", "retry-1"), kfake.SeedTopics(3, "retry-2"))
	if err := start(t, retrying(b, newSick(0)))(); err != nil && !strings.Contains(err.Error(), "retry topic retry-2 has 3") {
		t.Errorf("other numbers of partitions: %v", err)
	}
	cfg := retrying(b, newSick(0))
	cfg.Consumer.Topics = []string{"in", "in-2"}
	cfg.Retry.Topics[1] = loaderline.RetryTopic{Topic: "retry-1"}
	_, err := loaderline.New(cfg)
	for _, want := range []string{"field Topics has 2 topics", "retry-1 is read twice", `field Retry.Topics[1] is topic "retry-1" after 0s`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say: %s", err, want)
		}
	}
}
