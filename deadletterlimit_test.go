package loaderline_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/deadletterlimit"
	"github.com/loaderline/loaderline/stages"
)

// deploy is a pipeline that dead-letters the events that a switch says are bad.
func deploy(b *broker, delivery consumer.Delivery, bad func(event int) bool) loaderline.Config[int] {
	cfg := numbers(b, doubles)
	cfg.Consumer.Delivery, cfg.Consumer.MaxRecords, cfg.Workers = delivery, 70, 4
	cfg.Encode = func(row stages.Row[int]) ([]loaderline.Record, error) {
		if bad(row.Event()) {
			return nil, &loaderline.Failure{Kind: "lookup", Stage: "double", Message: "no such column"}
		}
		return []loaderline.Record{{Value: []byte(strconv.Itoa(row.Event()))}}, nil
	}
	return cfg
}

// ends runs a pipeline until it ends by itself.
func ends[E any](t *testing.T, cfg loaderline.Config[E]) error {
	t.Helper()
	p, err := loaderline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err = p.Run(ctx)
	if ctx.Err() != nil {
		t.Fatal("the pipeline did not stop")
	}
	return err
}

// A wrong deploy that is restarted in a loop dead-letters no more than the window, and the right one continues from there.
func TestAWrongDeployDoesNotDrainTheTopic(t *testing.T) {
	t.Parallel()
	for _, delivery := range []consumer.Delivery{consumer.ExactlyOnce, consumer.AtLeastOnce} {
		t.Run(delivery.String(), func(t *testing.T) {
			t.Parallel()
			const total = 5000
			b := newBroker(t)
			b.publish(events(total)...)
			for range 4 {
				err := ends(t, deploy(b, delivery, func(int) bool { return true }))
				limit, ok := errors.AsType[*deadletterlimit.ExceededError](err)
				if !ok {
					t.Fatalf("it ended with %v", err)
				}
				if limit.Events < deadletterlimit.DefaultWindow || limit.Stage != "double" || !strings.Contains(err.Error(), "stage double: no such column") {
					t.Errorf("%v: %+v", err, limit)
				}
				if dead := b.committed(); dead > deadletterlimit.DefaultWindow {
					t.Fatalf("%d dead letters", dead)
				}
			}
			dead := int(b.committed())
			b.read("dead", dead)

			stop := start(t, deploy(b, delivery, func(int) bool { return false }))
			b.waitFor(total)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			b.read("out", total-dead)
		})
	}
}

// A limit of none stops at the first dead letter.
func TestNoDeadLetterAtAll(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.publish(events(20)...)
	cfg := deploy(b, consumer.ExactlyOnce, func(event int) bool { return event == 3 })
	cfg.DeadLetterLimit = -1
	err := ends(t, cfg)
	if limit, ok := errors.AsType[*deadletterlimit.ExceededError](err); !ok || limit.Limit != 0 {
		t.Errorf("it ended with %v", err)
	}
	if n := b.size("dead"); n > 0 {
		t.Errorf("%d offsets of the dead-letter topic are used", n)
	}
}

// Some bad events among good ones are what dead letters are for, wherever they stand.
func TestDeadLettersBelowTheLimit(t *testing.T) {
	t.Parallel()
	const total = 6000
	b := newBroker(t)
	b.publish(events(total)...)
	stop := start(t, deploy(b, consumer.ExactlyOnce, func(event int) bool { return event%5 < 2 }))
	b.waitFor(total)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	b.read("dead", total*2/5)
}

// sickly publishes events, each with its own key, and returns the keys of the sick ones.
func sickly(b *broker, events int, is func(event int) bool) (sick []string) {
	b.t.Helper()
	keys := make([]string, events)
	for i := range keys {
		if keys[i] = fmt.Sprint("k", i); is(i) {
			sick = append(sick, keys[i])
		}
	}
	keyed(b, 0, 1, keys...)
	return sick
}

// Five in a hundred events fail for good. They come out of the retry topics when no others come any more.
func TestTheTailOfRetryTopicsIsNoWrongDeploy(t *testing.T) {
	t.Parallel()
	const total = 20_000
	b := newBroker(t, withRetryTopics())
	sick := sickly(b, total, func(event int) bool { return event%20 == 0 })
	for _, dead := range []int{total / 50, total / 20} {
		stop := start(t, retrying(b, newSick(100, sick...)))
		b.read("dead", dead)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// What comes out of the retry topics has a limit for itself, of all events that were read when it was.
func TestTheLimitOfRetryTopics(t *testing.T) {
	t.Parallel()
	for share, over := range map[int]bool{4: false, 7: true} {
		t.Run(fmt.Sprintf("%d of 10", share), func(t *testing.T) {
			t.Parallel()
			b := newBroker(t, withRetryTopics())
			sick := sickly(b, 8_000, func(event int) bool { return event%10 < share })
			if !over {
				stop := start(t, retrying(b, newSick(100, sick...)))
				b.read("dead", len(sick))
				if err := stop(); err != nil {
					t.Fatal(err)
				}
				return
			}
			for range 2 {
				err := ends(t, retrying(b, newSick(100, sick...)))
				limit, ok := errors.AsType[*deadletterlimit.ExceededError](err)
				if !ok {
					t.Fatalf("it ended with %v", err)
				}
				if seen := float64(limit.Dead) / float64(limit.Events); seen < 0.65 || seen > 0.75 {
					t.Errorf("it ended with %v", err)
				}
			}
			if dead := b.size("dead"); dead > deadletterlimit.DefaultWindow {
				t.Errorf("%d dead letters", dead)
			}
		})
	}
}

// A wrong deploy whose failures all look transient is noticed when its events come out of the retry topics, however often
// it is restarted.
func TestAWrongDeployDoesNotDrainTheRetryTopics(t *testing.T) {
	t.Parallel()
	b := newBroker(t, withRetryTopics())
	sick := sickly(b, 5_000, func(int) bool { return true })
	for range 3 {
		if err := ends(t, retrying(b, newSick(100, sick...))); !isLimit(err) {
			t.Fatalf("it ended with %v", err)
		}
	}
	if dead := b.size("dead"); dead > deadletterlimit.DefaultWindow {
		t.Errorf("%d dead letters", dead)
	}
}

// The limit is one of the latest events: a long good time before does not make room for more, also where it was that of
// partitions that have nothing new.
func TestTheLimitForgetsEarlierEvents(t *testing.T) {
	t.Parallel()
	for name, key := range map[string][]byte{"of all partitions": nil, "of idle partitions": []byte("of one partition")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const good = 5000
			b := newBroker(t)
			b.publish(events(good)...)
			stop := start(t, deploy(b, consumer.ExactlyOnce, func(int) bool { return false }))
			b.waitFor(good)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			again := events(good)
			for _, r := range again {
				if key != nil {
					r.Key = key
				}
			}
			b.publish(again...)
			for range 4 {
				if err := ends(t, deploy(b, consumer.ExactlyOnce, func(int) bool { return true })); !isLimit(err) {
					t.Fatalf("it ended with %v", err)
				}
			}
			if dead := b.committed() - good; dead > deadletterlimit.DefaultWindow/2 {
				t.Errorf("%d dead letters", dead)
			}
		})
	}
}

func isLimit(err error) bool {
	_, ok := errors.AsType[*deadletterlimit.ExceededError](err)
	return ok
}

func TestNoLimit(t *testing.T) {
	t.Parallel()
	const total = 3000
	b := newBroker(t)
	b.publish(events(total)...)
	cfg := deploy(b, consumer.ExactlyOnce, func(int) bool { return true })
	cfg.DeadLetterLimit = 1
	stop := start(t, cfg)
	b.waitFor(total)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	b.read("dead", total)
}
