package deadletter_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/deadletter"
	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/sink"
)

var lookup = sink.Failure{Kind: sink.KindLookup, Stage: "user", Message: "timed out"}

// newest is the last record of the input topic's partition 1.
func (w *world) newest() *kgo.Record {
	w.Helper()
	all := w.records("in")
	last := all[0]
	for _, r := range all {
		if r.Offset > last.Offset {
			last = r
		}
	}
	return last
}

func TestRedrivenRecord(t *testing.T) {
	w := newWorld(t)
	event := kgo.Record{Key: []byte("k"), Value: []byte(`{"n":1}`), Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte("t")}}}
	w.die(event, lookup)
	before := time.Now().Add(-time.Second)
	if done, left := w.redrive(deadletter.Redrive{MaxRedrives: 3}); done.Redriven != 1 || left != nil {
		t.Fatalf("%+v, %q", done, left)
	}
	got := w.newest()
	if got.Partition != 1 || string(got.Key) != "k" || string(got.Value) != `{"n":1}` || got.Timestamp.Before(before) {
		t.Errorf("it is %s in %d at %v", got.Value, got.Partition, got.Timestamp)
	}
	var headers []string
	for _, h := range got.Headers {
		headers = append(headers, h.Key+"="+string(h.Value))
	}
	want := []string{
		"trace=t", "loaderline.origin.topic=in", "loaderline.origin.partition=1", "loaderline.origin.offset=0",
		"loaderline.origin.timestamp=1700000000123", "loaderline.redrives=1",
	}
	if diff := cmp.Diff(want, headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}

	// It fails again, twice: its origin stays, and the number goes up.
	for redrives := 2; redrives <= 3; redrives++ {
		again := w.newest()
		dead := envelope.New(envelope.Config{
			Config: sink.Config{DeadLetterTopic: "dead"}, Pipeline: "p", MaxMessageBytes: func(string) int { return 1 << 20 },
		}).Batch(1).DeadLetter(again, lookup)
		dead.Partition = 0
		w.produce(dead)
		if done, _ := w.redrive(deadletter.Redrive{MaxRedrives: 3}); done.Redriven != 1 {
			t.Fatalf("%+v", done)
		}
		r := w.newest()
		n, _ := header(r, sink.HeaderRedrives)
		offset, _ := header(r, sink.HeaderOriginOffset)
		if n != fmt.Sprint(redrives) || offset != "0" {
			t.Errorf("redrives %s, origin %s", n, offset)
		}
	}
}

// TestEachOnce runs one redrive in parts, and then again.
func TestEachOnce(t *testing.T) {
	w := newWorld(t)
	for i := range 9 {
		w.die(kgo.Record{Key: fmt.Append(nil, i), Value: []byte(`{}`)}, lookup)
	}
	third := "3"
	for _, step := range []struct {
		filter deadletter.Filter
		want   int64
	}{
		{deadletter.Filter{Limit: 2}, 2},
		{deadletter.Filter{Key: &third}, 1},
		{deadletter.Filter{Only: []deadletter.Coordinates{{Offset: 0}, {Offset: 5}}}, 1},
		{deadletter.Filter{}, 5},
		{deadletter.Filter{}, 0},
	} {
		if done, left := w.redrive(deadletter.Redrive{Filter: step.filter, MaxRedrives: 3}); done.Redriven != step.want || left != nil {
			t.Errorf("%+v: redrove %d, want %d; %q", step.filter, done.Redriven, step.want, left)
		}
	}
	var sent []string
	for _, r := range w.records("in") {
		if offset, is := header(r, sink.HeaderOriginOffset); is {
			sent = append(sent, offset)
		}
	}
	slices.Sort(sent)
	if got := strings.Join(sent, ""); got != "012345678" {
		t.Errorf("sent %s", got)
	}
}

// TestSuperseded has another process begin while this one commits.
func TestSuperseded(t *testing.T) {
	for _, answer := range []*kerr.Error{kerr.ProducerFenced, kerr.InvalidProducerEpoch, kerr.InvalidTxnState} {
		t.Run(answer.Message, func(t *testing.T) {
			w := newWorld(t)
			w.die(kgo.Record{Value: []byte(`{}`)}, lookup)
			r := deadletter.Redrive{Queue: w.queue, Filter: deadletter.Filter{State: deadletter.Open}}
			plan, err := r.Plan(t.Context(), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, Err: answer, TopLevel: true})
			done, err := r.Run(t.Context(), plan)
			if _, is := errors.AsType[*deadletter.SupersededError](err); !is || done.Redriven != 0 {
				t.Errorf("redrove %d: %v", done.Redriven, err)
			}
		})
	}
}

func TestPark(t *testing.T) {
	w := newWorld(t)
	came := func(redrives string) kgo.Record {
		return kgo.Record{Value: []byte(`{}`), Headers: []kgo.RecordHeader{
			{Key: sink.HeaderOriginTopic, Value: []byte("in")},
			{Key: sink.HeaderOriginPartition, Value: []byte("0")},
			{Key: sink.HeaderOriginOffset, Value: []byte("7")},
			{Key: sink.HeaderRedrives, Value: []byte(redrives)},
		}}
	}
	w.die(came("2"), lookup)
	w.die(came("3"), lookup)
	if done, _ := w.redrive(deadletter.Redrive{MaxRedrives: 2}); done.Redriven != 1 || done.Parked != 1 {
		t.Fatalf("%+v", done)
	}
	parked := w.records("dead-parked")
	if len(parked) != 1 {
		t.Fatalf("%d records are parked", len(parked))
	}
	if kind, _ := header(parked[0], sink.HeaderErrorKind); kind != "lookup" {
		t.Errorf("a parked record has lost why: %v", parked[0].Headers)
	}
	if got := w.list(deadletter.Filter{}); !slices.Equal(got, []string{"1 parked lookup user timed out", "1 redriven lookup user timed out"}) {
		t.Errorf("list has %q", got)
	}
	if done, _ := w.redrive(deadletter.Redrive{Filter: deadletter.Filter{State: deadletter.Parked}}); done.Redriven != 1 {
		t.Errorf("a parked one that is asked for: %+v", done)
	}
}

// TestValueDropped redrives what was too large for the dead-letter topic from its source, as long as that is there.
func TestValueDropped(t *testing.T) {
	w := newWorld(t)
	w.limit = 1000
	large := kgo.Record{Key: []byte("k"), Value: []byte(`"` + strings.Repeat("x", 2000) + `"`), Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte("t")}}}
	dead := w.die(large, lookup)
	gone := *dead
	gone.Headers = slices.Clone(dead.Headers)
	for i, h := range gone.Headers {
		if h.Key == sink.HeaderSourceTimestamp {
			gone.Headers[i].Value = []byte("1")
		}
	}
	w.produce(&gone)
	done, left := w.redrive(deadletter.Redrive{MaxRedrives: 3})
	want := []string{"0:1 the dead letter had no room for the whole record, and topic in does not have it any more at 1:0"}
	if diff := cmp.Diff(want, left); diff != "" || done.Redriven != 1 {
		t.Fatalf("%+v (-want +got):\n%s", done, diff)
	}
	got := w.newest()
	if trace, _ := header(got, "trace"); !slices.Equal(got.Value, large.Value) || string(got.Key) != "k" || trace != "t" {
		t.Errorf("it has %d bytes and key %q", len(got.Value), got.Key)
	}
}

// TestNotOfThisPipeline leaves alone what came from elsewhere, whoever wrote it.
func TestNotOfThisPipeline(t *testing.T) {
	w := newWorld(t)
	w.dieOf("q", kgo.Record{Value: []byte(`{}`)}, lookup)
	w.produce(&kgo.Record{Topic: "dead", Value: []byte("no dead letter")})
	forged := envelope.New(envelope.Config{
		Config: sink.Config{DeadLetterTopic: "dead"}, Pipeline: "p", MaxMessageBytes: func(string) int { return 1 << 20 },
	}).Batch(1).DeadLetter(&kgo.Record{Topic: "elsewhere"}, lookup)
	forged.Partition = 0
	w.produce(forged)
	done, left := w.redrive(deadletter.Redrive{MaxRedrives: 3})
	if done.Redriven != 0 || !slices.Equal(left, []string{`0:2 it came from topic "elsewhere", which is not an input topic of this pipeline`}) {
		t.Errorf("%+v, %q", done, left)
	}
	// Another pipeline upstream has redriven the event: that says nothing about this one.
	w.die(kgo.Record{Value: []byte(`{}`), Headers: []kgo.RecordHeader{{Key: sink.HeaderOriginTopic, Value: []byte("upstream")}, {Key: sink.HeaderRedrives, Value: []byte("9")}}}, lookup)
	if done, _ := w.redrive(deadletter.Redrive{MaxRedrives: 3}); done.Redriven != 1 {
		t.Errorf("%+v", done)
	}
	if topic, _ := header(w.newest(), sink.HeaderOriginTopic); topic != "in" {
		t.Errorf("its origin is %s", topic)
	}
}

// TestTopicCreatedAnew does not take a dead letter for one of a topic of that name that was deleted.
func TestTopicCreatedAnew(t *testing.T) {
	w := newWorld(t)
	dead := w.die(kgo.Record{Value: []byte(`{}`)}, lookup)
	entry := fmt.Sprintf(`{"state":"redriven","at":"2026-01-01T00:00:00Z","died":%d}`, dead.Timestamp.UnixMilli()-1)
	if err := kafkaadmin.CreateTopics(t.Context(), w.queue.Kafka, deadletter.LedgerSpec("dead")); err != nil {
		t.Fatal(err)
	}
	w.produce(&kgo.Record{Topic: "dead-ledger", Key: []byte("0:0"), Value: []byte(entry)})
	if got := w.list(deadletter.Filter{State: deadletter.Open}); len(got) != 1 {
		t.Errorf("list has %q", got)
	}
}

// TestLedgerThatForgets refuses a ledger that retention would empty.
func TestLedgerThatForgets(t *testing.T) {
	w := newWorld(t)
	w.die(kgo.Record{Value: []byte(`{}`)}, lookup)
	if err := kafkaadmin.CreateTopics(t.Context(), w.queue.Kafka, kafkaadmin.TopicSpec{Name: "dead-ledger", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	r := deadletter.Redrive{Queue: w.queue, MaxRedrives: 3}
	plan, err := r.Plan(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Run(t.Context(), plan); err == nil || !strings.Contains(err.Error(), "topic dead-ledger has cleanup.policy=delete, and would forget what was redriven: set it to compact") {
		t.Errorf("it answers %v", err)
	}
	if got := len(w.records("in")); got != 1 {
		t.Errorf("the input has %d records", got)
	}
}

func TestMark(t *testing.T) {
	w := newWorld(t)
	w.die(kgo.Record{Value: []byte(`{}`)}, lookup)
	w.die(kgo.Record{Value: []byte(`{`)}, sink.Failure{Kind: sink.KindDecode, Message: "no"})
	mark := func(m deadletter.Mark) deadletter.Outcome {
		m.Queue = w.queue
		plan, err := m.Plan(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		done, err := m.Run(t.Context(), plan)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	if done := mark(deadletter.Mark{Filter: deadletter.Filter{State: deadletter.Open, Kind: "decode"}, To: deadletter.Dismissed}); done.Dismissed != 1 {
		t.Errorf("%+v", done)
	}
	if got := w.list(deadletter.Filter{State: deadletter.Open}); !slices.Equal(got, []string{"1 open lookup user timed out"}) {
		t.Errorf("list has %q", got)
	}
	if done := mark(deadletter.Mark{Filter: deadletter.Filter{State: deadletter.Dismissed}, To: deadletter.Open}); done.Reopened != 1 {
		t.Errorf("%+v", done)
	}
	if got := w.list(deadletter.Filter{State: deadletter.Open}); len(got) != 2 {
		t.Errorf("list has %q", got)
	}
}
