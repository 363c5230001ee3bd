package loaderline_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/stages"
)

// tallyOf adds up the tallies of a pipeline's commits, without their stages.
func tallyOf[E any](cfg *loaderline.Config[E]) (total func() loaderline.Tally) {
	var (
		mu  sync.Mutex
		all = loaderline.Tally{DeadLetters: map[loaderline.DeadLetter]int{}}
	)
	cfg.OnCommit = func(t loaderline.Tally) {
		mu.Lock()
		defer mu.Unlock()
		all.Records, all.Enriched, all.Filtered = all.Records+t.Records, all.Enriched+t.Enriched, all.Filtered+t.Filtered
		all.Dropped, all.Retried = all.Dropped+t.Dropped, all.Retried+t.Retried
		for why, n := range t.DeadLetters {
			all.DeadLetters[why] += n
		}
	}
	return func() loaderline.Tally {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

// filterThrees decodes numbers, and filters the numbers that end in 3.
func filterThrees(r loaderline.Record) (int, error) {
	n, err := decodeID(r)
	if n%10 == 3 {
		return n, fmt.Errorf("event %d: %w", n, loaderline.ErrFiltered)
	}
	return n, err
}

// A filtered event is committed and counted. No source is asked for it, and nothing of it is published.
func TestAFilteredEventIsCommittedWithoutALookup(t *testing.T) {
	t.Parallel()
	for _, delivery := range []consumer.Delivery{consumer.ExactlyOnce, consumer.AtLeastOnce} {
		t.Run(delivery.String(), func(t *testing.T) {
			t.Parallel()
			b := newBroker(t)
			b.publish(events(200)...)
			b.publish(&kgo.Record{Value: []byte("x")})
			var asked atomic.Int32
			cfg := numbers(b, stages.MapSource(func(ctx context.Context, keys []int) (map[int]int, error) {
				for _, key := range keys {
					if key%10 == 3 {
						asked.Add(1)
					}
				}
				return double(ctx, keys)
			}))
			cfg.Decode, cfg.Consumer.Delivery, cfg.Consumer.MaxRecords = filterThrees, delivery, 30
			total := tallyOf(&cfg)
			stop := start(t, cfg)
			b.waitFor(201)
			b.read("out", 120)
			b.read("dead", 41)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			want := loaderline.Tally{Records: 201, Enriched: 120, Filtered: 20, Dropped: 20, DeadLetters: map[loaderline.DeadLetter]int{
				{Kind: "missing", Stage: "double"}: 20, {Kind: "encode"}: 20, {Kind: "decode"}: 1,
			}}
			if diff := cmp.Diff(want, total()); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
			if n := asked.Load(); n > 0 {
				t.Errorf("the source was asked for %d filtered events", n)
			}
		})
	}
}

func TestEnrichFilters(t *testing.T) {
	t.Parallel()
	cfg := numbers(newBroker(t), doubles)
	cfg.Decode = filterThrees
	p, err := loaderline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	records, tally, err := p.Enrich(t.Context(), []*kgo.Record{{Value: []byte("3")}, {Value: []byte("4")}, {Value: []byte("13")}})
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 3 || len(records[0])+len(records[2]) > 0 || len(records[1]) != 1 || string(records[1][0].Value) != "8" || tally.Records != 3 || tally.Enriched != 1 || tally.Filtered != 2 {
		t.Errorf("%v, %+v", records, tally)
	}
}

// waitUntil waits for a condition, and fails if it does not come.
func waitUntil(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the condition did not come to hold within 30 s")
		}
	}
}

// The first event of key a fails, and is filtered when it is retried. The events that wait behind it are then free: those
// with an odd number are filtered, and the others are enriched in their order. Nothing waits for the key afterwards.
func TestARetriedEventIsFiltered(t *testing.T) {
	t.Parallel()
	b := newBroker(t, withRetryTopics())
	cfg := retrying(b, newSick(0))
	encode := cfg.Encode
	cfg.Encode = func(row stages.Row[string]) ([]loaderline.Record, error) {
		if row.Event() == "a 0" {
			return nil, &loaderline.Failure{Kind: "lookup", Message: "deadlock", Transient: true}
		}
		return encode(row)
	}
	var seen atomic.Int32
	cfg.Decode = func(r loaderline.Record) (string, error) {
		event := string(r.Value)
		_, number, _ := strings.Cut(event, " ")
		if event == "a 0" && seen.Add(1) > 1 || strings.ContainsAny(number[len(number)-1:], "13579") {
			return "", loaderline.ErrFiltered
		}
		return event, nil
	}
	total := tallyOf(&cfg)
	stop := start(t, cfg)
	keyed(b, 0, 20, "a", "b")
	waitUntil(t, func() bool { all := total(); return all.Enriched+all.Filtered == 40 })
	waited := total().Retried
	keyed(b, 20, 20, "a", "b")
	got := map[string][]string{}
	for _, r := range b.read("out", 39) {
		key, number, _ := strings.Cut(string(r.Value), " ")
		got[key] = append(got[key], number)
	}
	waitUntil(t, func() bool { return total().Filtered == 41 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for i := 0; i < 40; i += 2 {
		want["b"] = append(want["b"], fmt.Sprint(i))
		if i > 0 {
			want["a"] = append(want["a"], fmt.Sprint(i))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events by key (-want +got):\n%s", diff)
	}
	all := total()
	if all.Enriched != 39 || waited == 0 || all.Retried != waited || all.Records != all.Enriched+all.Filtered+all.Retried {
		t.Errorf("counted %+v", all)
	}
	if n := b.size("dead"); n > 0 {
		t.Errorf("%d offsets of the dead-letter topic are used", n)
	}
}

// Filtered events are events of the dead-letter limit's window. Here two of five events are bad and two are filtered: two
// thirds of the rest are dead letters, but less than half of all.
func TestFilteredEventsCountInTheDeadLetterWindow(t *testing.T) {
	t.Parallel()
	const total = 6000
	b := newBroker(t)
	b.publish(events(total)...)
	cfg := deploy(b, consumer.ExactlyOnce, func(event int) bool { return event%5 < 2 })
	cfg.Decode = func(r loaderline.Record) (int, error) {
		n, err := decodeID(r)
		if n%5 > 2 {
			return n, loaderline.ErrFiltered
		}
		return n, err
	}
	stop := start(t, cfg)
	b.waitFor(total)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	b.read("dead", total*2/5)
	b.read("out", total/5)
}
