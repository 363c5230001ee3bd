package loaderline_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/abort"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// uncompressed makes what is published as large on the wire as it is.
func uncompressed(cfg loaderline.Config[int]) loaderline.Config[int] {
	cfg.Consumer.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.ProducerBatchCompression(kgo.NoCompression())} }
	cfg.Workers = 1
	return cfg
}

// noise is a text of n bytes that begins with the event's number.
func noise(event, n int) []byte {
	random := rand.NewChaCha8([32]byte{byte(event)})
	text := make([]byte, n)
	_, _ = random.Read(text)
	copy(text, strconv.Itoa(event)+" ")
	return text
}

// A topic takes less than was known: batches are too large, and some records are too large by themselves.
func TestABrokersLimitIsNotTheRecordsFault(t *testing.T) {
	t.Parallel()
	const limit = 20_000
	for name, lower := range map[string]func(*broker){
		"lowered while running": func(*broker) {},
		"not to be read": func(b *broker) {
			b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeConfigs}, Err: kerr.TopicAuthorizationFailed, Count: -1})
			b.setLimit("out", limit)
		},
	} {
		for _, delivery := range []consumer.Delivery{consumer.ExactlyOnce, consumer.AtLeastOnce} {
			t.Run(name+"/"+delivery.String(), func(t *testing.T) {
				t.Parallel()
				b := newBroker(t)
				lower(b)
				cfg := uncompressed(numbers(b, doubles))
				cfg.Consumer.Delivery = delivery
				cfg.Encode = func(row stages.Row[int]) ([]loaderline.Record, error) {
					size := 500
					if row.Event()%100 == 50 {
						size = 2 * limit
					}
					return []loaderline.Record{{Value: noise(row.Event(), size)}}, nil
				}
				var refused atomic.Int64
				cfg.OnAbort = func(reason string) {
					if reason == abort.Refusal {
						refused.Add(1)
					}
				}
				stop := start(t, cfg)
				b.publish(&kgo.Record{Value: []byte("1000")})
				b.waitFor(1)
				b.setLimit("out", limit)
				b.publish(events(600)...)
				b.waitFor(601)
				if err := stop(); err != nil {
					t.Fatal(err)
				}
				outcomes := map[string]map[string]int{"out": {}, "dead": {}}
				for _, r := range b.read("out", 595) {
					id, _, _ := strings.Cut(string(r.Value), " ")
					outcomes["out"][id]++
				}
				for _, r := range b.read("dead", 6) {
					outcomes["dead"][string(r.Value)]++
					if kind := header(r, "loaderline.error.kind"); kind != "too_large" {
						t.Errorf("%s is dead-lettered for %s", r.Value, kind)
					}
				}
				if diff := cmp.Diff(map[string]int{"50": 1, "150": 1, "250": 1, "350": 1, "450": 1, "550": 1}, outcomes["dead"]); diff != "" {
					t.Errorf("dead letters (-want +got):\n%s", diff)
				}
				if len(outcomes["out"]) != 595 {
					t.Errorf("%d events are enriched", len(outcomes["out"]))
				}
				for id, n := range outcomes["out"] {
					if n != 1 && delivery == consumer.ExactlyOnce {
						t.Errorf("event %s has %d outcomes", id, n)
					}
				}
				if n := refused.Load(); n == 0 || n > 20 {
					t.Errorf("%d micro-batches were refused", n)
				}
			})
		}
	}
}

// Records that an output topic does not take are dead-lettered, and none of those around them, whatever their headers say.
func TestARefusedRecordIsADeadLetter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason *kerr.Error
		kind   string
		source sink.Source
	}{
		{kerr.InvalidRecord, "encode", sink.SourceShort},
		{kerr.InvalidTimestamp, "encode", sink.SourceFull},
		{kerr.RecordListTooLarge, "too_large", sink.SourceNone},
	} {
		t.Run(test.reason.Message, func(t *testing.T) {
			t.Parallel()
			b := newBroker(t)
			cfg := uncompressed(numbers(b, doubles))
			cfg.Tombstones, cfg.Sink.Source = loaderline.ForwardTombstones, test.source
			cfg.Encode = func(row stages.Row[int]) ([]loaderline.Record, error) {
				value := "good"
				if row.Event()%60 == 30 {
					value = "poison"
				}
				return []loaderline.Record{{Value: []byte(value)}}, nil
			}
			tombstone := &kgo.Record{Key: []byte("gone")}
			b.publish(append(events(240), tombstone)...)
			b.refuse(func(batch []byte) bool { return bytes.Contains(batch, []byte("poison")) }, test.reason)
			stop := start(t, cfg)
			b.waitFor(241)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			if n := len(b.read("out", 237)); n != 237 {
				t.Errorf("%d events are enriched", n)
			}
			dead := map[string]int{}
			for _, r := range b.read("dead", 4) {
				dead[string(r.Value)]++
				if kind := header(r, "loaderline.error.kind"); kind != test.kind {
					t.Errorf("%s is dead-lettered for %s", r.Value, kind)
				}
			}
			if diff := cmp.Diff(map[string]int{"30": 1, "90": 1, "150": 1, "210": 1}, dead); diff != "" {
				t.Errorf("dead letters (-want +got):\n%s", diff)
			}
		})
	}
}

func TestARefusedTombstoneIsADeadLetter(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	var refused atomic.Bool // Once: the dead letter has the same key.
	b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.InvalidRecord, Count: -1, When: func(kmsg.Request) bool {
		refused.Store(true)
		return true
	}})
	cfg := numbers(b, doubles)
	cfg.Tombstones = loaderline.ForwardTombstones
	b.publish(&kgo.Record{Key: []byte("gone")})
	stop := start(t, cfg)
	b.waitFor(1)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	dead := b.read("dead", 1)[0]
	if header(dead, "loaderline.error.kind") != "encode" || string(dead.Key) != "gone" || dead.Value != nil || !refused.Load() {
		t.Errorf("key %s, value %v, headers %v", dead.Key, dead.Value, dead.Headers)
	}
}

// A rejection without a record at fault does not repeat for ever.
func TestRefusalsWithoutFaultEnd(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	var produced atomic.Int64
	b.refuse(func(batch []byte) bool { // Both together, and neither alone.
		both := bytes.Contains(batch, []byte("first")) && bytes.Contains(batch, []byte("second"))
		if both {
			produced.Add(1)
		}
		return both
	}, kerr.InvalidTimestamp)
	cfg := uncompressed(numbers(b, doubles))
	cfg.Consumer.MaxRecords, cfg.Consumer.Linger = 2, 10*time.Second
	cfg.Consumer.Opts = func() []kgo.Opt {
		return []kgo.Opt{kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerLinger(50 * time.Millisecond)}
	}
	cfg.Encode = func(row stages.Row[int]) ([]loaderline.Record, error) {
		return []loaderline.Record{{Value: []byte([]string{"first", "second"}[row.Event()])}}, nil
	}
	b.publish(&kgo.Record{Key: []byte("k"), Value: []byte("0")}, &kgo.Record{Key: []byte("k"), Value: []byte("1")})
	p, err := loaderline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context()); !errors.Is(err, kerr.InvalidTimestamp) || !strings.Contains(err.Error(), "no record at fault") {
		t.Errorf("%v", err)
	}
	if n := produced.Load(); n > 50 {
		t.Errorf("%d micro-batches were refused", n)
	}
	if n := b.committed(); n != 0 {
		t.Errorf("%d records are committed", n)
	}
}

// An error of a record's promise that is not about the record is the session's, and is tried again.
func TestAnUnknownProduceErrorIsTriedAgain(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.InvalidRequiredAcks, Count: 2})
	b.publish(events(5)...)
	stop := start(t, numbers(b, doubles))
	b.waitFor(5)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if n := len(b.read("out", 5)); n != 5 {
		t.Errorf("%d events are enriched", n)
	}
}
