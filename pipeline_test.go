package loaderline_test

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/stages"
)

// decodeID reads events that are a number.
func decodeID(r loaderline.Record) (int, error) {
	if string(r.Value) == "panic" {
		panic("boom")
	}
	return strconv.Atoi(string(r.Value))
}

// numbers is a pipeline whose events are numbers, enriched with their double.
func numbers(b *broker, source stages.Source[int, int]) loaderline.Config[int] {
	return numbersOf(b, source, nil)
}

func numbersOf(b *broker, source stages.Source[int, int], backend *stages.Backend) loaderline.Config[int] {
	cfg := config[int](b)
	cfg.Plan = &stages.Plan[int]{InitialBackoff: time.Millisecond, MaxElapsed: 20 * time.Millisecond}
	double := stages.One(cfg.Plan, stages.NewLoader(source, stages.LoaderConfig[int, int]{Name: "double", Backend: backend}),
		stages.By(cfg.Plan, func(n int) int { return n }))
	cfg.Decode = decodeID
	cfg.Encode = func(row stages.Row[int]) ([]loaderline.Record, error) {
		r := double.Of(row)
		switch {
		case row.Event()%10 == 7:
			return nil, nil
		case row.Event()%10 == 8:
			panic("boom")
		case r.State != stages.Loaded:
			return nil, &loaderline.Failure{Kind: "missing", Stage: "double", Message: "no double"}
		}
		return []loaderline.Record{{Value: []byte(strconv.Itoa(r.Value))}}, nil
	}
	return cfg
}

var doubles = stages.MapSource(double)

func double(_ context.Context, keys []int) (map[int]int, error) {
	found := map[int]int{}
	for _, k := range keys {
		if k%10 != 9 {
			found[k] = 2 * k
		}
	}
	return found, nil
}

func events(n int) []*kgo.Record {
	all := make([]*kgo.Record, n)
	for i := range all {
		all[i] = &kgo.Record{Key: []byte(strconv.Itoa(i % 16)), Value: []byte(strconv.Itoa(i)), Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte("t" + strconv.Itoa(i))}}}
	}
	return all
}

func TestEveryEventHasOneOutcome(t *testing.T) {
	t.Parallel()
	for _, delivery := range []consumer.Delivery{consumer.ExactlyOnce, consumer.AtLeastOnce} {
		t.Run(delivery.String(), func(t *testing.T) {
			b := newBroker(t)
			b.publish(events(1000)...)
			b.publish(&kgo.Record{Value: []byte("x")}, &kgo.Record{Value: []byte("panic")}, &kgo.Record{Key: []byte("k")})
			cfg := numbers(b, doubles)
			cfg.Consumer.Delivery, cfg.Consumer.MaxRecords = delivery, 100
			var (
				mu    sync.Mutex
				total = loaderline.Tally{DeadLetters: map[loaderline.DeadLetter]int{}}
				calls int
			)
			cfg.OnCommit = func(tally loaderline.Tally) {
				mu.Lock()
				defer mu.Unlock()
				total.Records += tally.Records
				total.Enriched += tally.Enriched
				total.Dropped += tally.Dropped
				for k, n := range tally.DeadLetters {
					total.DeadLetters[k] += n
				}
				calls += tally.Stages[0].Calls
			}
			stop := start(t, cfg)
			out, dead := b.read("out", 700), b.read("dead", 203)
			for b.committed() < 1003 {
				time.Sleep(10 * time.Millisecond)
			}
			if err := stop(); err != nil {
				t.Fatal(err)
			}

			seen := map[string]int{}
			for _, r := range append(out, dead...) {
				seen[inputOf(r)]++
			}
			for at, n := range seen {
				if n != 1 {
					t.Errorf("%s has %d outcomes", at, n)
				}
			}
			for _, r := range out {
				id, _ := strconv.Atoi(strings.TrimPrefix(header(r, "trace"), "t"))
				if string(r.Value) != strconv.Itoa(2*id) || string(r.Key) != strconv.Itoa(id%16) {
					t.Fatalf("%s: key %s, value %s", header(r, "trace"), r.Key, r.Value)
				}
			}
			kinds := map[string]int{}
			for _, r := range dead {
				kinds[header(r, "loaderline.error.kind")]++
			}
			if diff := cmp.Diff(map[string]int{"missing": 100, "encode": 100, "decode": 3}, kinds); diff != "" {
				t.Error(diff)
			}
			want := loaderline.Tally{Records: 1003, Enriched: 700, Dropped: 100, DeadLetters: map[loaderline.DeadLetter]int{
				{Kind: "missing", Stage: "double"}: 100, {Kind: "encode"}: 100, {Kind: "decode"}: 3,
			}}
			if diff := cmp.Diff(want, total); diff != "" {
				t.Error(diff)
			}
			if calls == 0 || calls > 1003 {
				t.Errorf("%d calls", calls)
			}
		})
	}
}

func TestTombstones(t *testing.T) {
	t.Parallel()
	for policy, want := range map[loaderline.Tombstones]map[string]int{
		loaderline.DeadLetterTombstones: {"dead": 1},
		loaderline.ForwardTombstones:    {"out": 1},
		loaderline.DropTombstones:       {},
	} {
		b := newBroker(t)
		b.publish(&kgo.Record{Key: []byte("gone")}, &kgo.Record{Value: []byte("1")})
		cfg := numbers(b, doubles)
		cfg.Tombstones = policy
		stop := start(t, cfg)
		for b.committed() < 2 {
			time.Sleep(10 * time.Millisecond)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for topic, n := range map[string]int{"out": 1 + want["out"], "dead": want["dead"]} {
			for _, r := range b.read(topic, n) {
				if r.Value == nil {
					got[topic]++
				}
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("policy %d: %v, not %v", policy, got, want)
		}
	}
}

func TestAnOutputThatIsTooLargeIsADeadLetter(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.publish(&kgo.Record{Value: []byte("1")}, &kgo.Record{Value: []byte("2")})
	cfg := numbers(b, doubles)
	cfg.Encode = func(row stages.Row[int]) ([]loaderline.Record, error) {
		if row.Event() == 1 {
			return []loaderline.Record{{Value: []byte("fits")}, {Value: make([]byte, 2<<20)}}, nil
		}
		return []loaderline.Record{{Value: []byte("two")}}, nil
	}
	stop := start(t, cfg)
	out, dead := b.read("out", 1), b.read("dead", 1)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if string(out[0].Value) != "two" || header(dead[0], "loaderline.error.kind") != "too_large" || string(dead[0].Value) != "1" {
		t.Errorf("out %s, dead %v", out[0].Value, dead[0].Headers)
	}
}

// Two instances of one pipeline share the work, and each takes over what the other leaves.
func TestAnInstanceTakesOverFromAnother(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	first, second := numbers(b, doubles), numbers(b, doubles)
	first.Consumer.Instance, second.Consumer.Instance = "first", "second"
	for _, c := range []*loaderline.Config[int]{&first, &second} {
		c.Encode = func(row stages.Row[int]) ([]loaderline.Record, error) {
			return []loaderline.Record{{Value: fmt.Append(nil, row.Event())}}, nil
		}
	}
	stopFirst := start(t, first)
	b.publish(events(500)...)
	b.read("out", 500)
	stopSecond := start(t, second)
	b.publish(events(500)...)
	if err := stopFirst(); err != nil {
		t.Fatal(err)
	}
	b.publish(events(500)...)
	seen := map[string]bool{}
	for _, r := range b.read("out", 1500) {
		at := inputOf(r)
		if seen[at] {
			t.Errorf("%s has two outcomes", at)
		}
		seen[at] = true
	}
	if err := stopSecond(); err != nil {
		t.Fatal(err)
	}
}
