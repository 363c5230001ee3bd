package topiclookup_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/topiclookup"
)

// The last record of a key has its row, and a record without a value, or with null, has none.
func TestReadsTheWholeTopicAndFollowsIt(t *testing.T) {
	onEach(t, func(w *world) {
		w.publish(record("a", `{"n":1}`), record("b", `{"n":1}`), record("c", `{"n":1}`), record("d", `{"n":1}`))
		w.publish(record("a", ` { "n" : 2 } `), record("b", ""), record("d", "null"))
		c, _ := w.open(topiclookup.Config{})
		w.ready(c)
		l := w.lookup(c, topiclookup.Query{})
		if got, want := w.rows(l, "a", "b", "c", "d", "e"), `{"n":2} - {"n":1} - -`; got != want {
			w.t.Errorf("rows %s, want %s", got, want)
		}
		before := l.(interface{ Changes() uint64 }).Changes()
		w.publish(record("b", `{"n":3}`), record("c", ""))
		w.sees(l, `{"n":2} {"n":3} -`, "a", "b", "c")
		if after := l.(interface{ Changes() uint64 }).Changes(); after <= before {
			w.t.Errorf("%d changes after an update, %d before", after, before)
		}
		if s := topiclookup.StatusOf(c); s.Waiting || s.Keys != 2 || s.Lag != 0 {
			w.t.Errorf("status: %+v", s)
		}
	})
}

func TestTransactions(t *testing.T) {
	onEach(t, func(w *world) {
		w.transact(kgo.TryCommit, record("a", `{"n":1}`), record("b", `{"n":1}`))
		w.transact(kgo.TryAbort, record("a", `{"n":2}`), record("b", ""))
		c, _ := w.open(topiclookup.Config{})
		w.ready(c)
		l := w.lookup(c, topiclookup.Query{})
		if got, want := w.rows(l, "a", "b"), `{"n":1} {"n":1}`; got != want {
			w.t.Errorf("rows %s, want %s", got, want)
		}
		w.transact(kgo.TryAbort, record("a", `{"n":3}`))
		w.transact(kgo.TryCommit, record("b", `{"n":4}`))
		w.sees(l, `{"n":1} {"n":4}`, "a", "b")
	})
}

func TestPartitionsAreAdded(t *testing.T) {
	onEach(t, func(w *world) {
		w.publish(record("a", `1`))
		c, _ := w.open(topiclookup.Config{MaxStaleness: time.Second})
		w.ready(c)
		if _, err := w.admin.CreatePartitions(w.t.Context(), 6, w.topic); err != nil {
			w.t.Fatal(err)
		}
		var records []*kgo.Record
		for _, key := range []string{"b", "c", "d", "e", "f", "g", "h", "i"} {
			records = append(records, record(key, `2`))
		}
		w.publish(records...)
		w.sees(w.lookup(c, topiclookup.Query{}), "1 2 2 2 2 2 2 2 2", "a", "b", "c", "d", "e", "f", "g", "h", "i")
	})
}

// What the topic had before it was created again is gone, and lookups wait until it has been read.
func TestATopicIsCreatedAgain(t *testing.T) {
	onEach(t, func(w *world) {
		w.publish(record("a", `1`), record("b", `1`), record("c", `1`))
		c, _ := w.open(topiclookup.Config{})
		w.ready(c)
		l := w.lookup(c, topiclookup.Query{})
		if got := w.rows(l, "a", "b", "c"); got != "1 1 1" {
			w.t.Errorf("rows %s", got)
		}
		w.recreate(2)
		w.publish(record("b", `2`))
		w.until("the new topic is seen", func() bool {
			b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{`"a"`, `"b"`, `"c"`})
			if err := l.Load(w.t.Context(), b); err != nil {
				return false // It waits for the topic.
			}
			switch got := w.rows(l, "a", "b", "c"); got {
			case "1 1 1", "- - -": // Not seen yet, and seen before the record was published.
			case "- 2 -":
				return true
			default:
				w.t.Errorf("rows %s of two topics", got)
			}
			return false
		})
		w.says("deleted and created again")
	})
}

// Records that were deleted before they were read are no reason to keep the rows that they were about.
func TestRetentionPassesWhatIsBeingRead(t *testing.T) {
	t.Parallel()
	w, cluster := onFake(t)
	w.publish(record("a", `1`), record("b", `1`))
	c, _ := w.open(topiclookup.Config{})
	w.ready(c)
	l := w.lookup(c, topiclookup.Query{})
	away, refused := block(cluster, kmsg.Fetch)
	away.Store(true)
	w.until("no request waits any more", func() bool { return refused.Load() > 0 })
	w.publish(record("a", ""), record("b", `2`), record("a", `3`), record("a", ""), record("b", `4`))
	ends, err := w.admin.ListEndOffsets(t.Context(), w.topic)
	if err != nil {
		t.Fatal(err)
	}
	offsets := kadm.Offsets{}
	ends.Each(func(o kadm.ListedOffset) { offsets.AddOffset(o.Topic, o.Partition, o.Offset, -1) })
	responses, err := w.admin.DeleteRecords(t.Context(), offsets)
	if err := errors.Join(err, responses.Error()); err != nil {
		t.Fatal(err)
	}
	away.Store(false)
	w.sees(l, "- -", "a", "b")
	w.says("retention has removed records that were not read")
	w.publish(record("a", `5`))
	w.sees(l, "5 -", "a", "b")
}

func TestBadRecords(t *testing.T) {
	for name, test := range map[string]struct {
		bad  *kgo.Record
		says string
	}{
		"a value that is no JSON": {record("b", `{"secret":`), "its value is not JSON, at byte 10"},
		"a member twice":          {record("b", `{"secret":1,"secret":2}`), "its value has a name twice"},
		"no key":                  {&kgo.Record{Value: []byte("1")}, "it has no key"},
		"a key that is no text":   {record("\xff", "1"), "its key is not text"},
		"a key that is too long":  {record(strings.Repeat("secret", 1000), "1"), "its key is not of the table's type: it should be text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := onFake(t)
			w.publish(record("a", "1"))
			stopped, _ := w.open(topiclookup.Config{})
			w.ready(stopped)
			skipped, _ := w.open(topiclookup.Config{SkipBad: true})
			w.ready(skipped)
			w.publish(test.bad)
			w.publish(record("c", "1"))
			w.sees(w.lookup(skipped, topiclookup.Query{}), "1 1", "a", "c")
			if n := topiclookup.StatusOf(skipped).Skipped; n != 1 {
				t.Errorf("%d records skipped, want 1", n)
			}
			w.until("the table is given up", func() bool { return w.ping(stopped) != nil })
			err := w.lookup(stopped, topiclookup.Query{}).Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{`"a"`}))
			if stages.ClassOf(err) != stages.Fatal || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "topic users, partition ") {
				t.Errorf("Load: %v, want a fatal error that says %q and where", err, test.says)
			}
			if text := w.log.String() + err.Error(); strings.Contains(text, "secret") {
				t.Errorf("the content of a record is shown:\n%s", text)
			}
		})
	}
}

func TestATableOutgrowsItsMemory(t *testing.T) {
	t.Parallel()
	w, _ := onFake(t)
	c, _ := w.open(topiclookup.Config{MaxBytes: 2 * (topiclookup.RowOverhead + 8)})
	w.publish(record("a", "1"), record("b", "1"), record("a", ""), record("c", "1"))
	w.ready(c)
	w.publish(record("d", "1"))
	w.until("the table is given up", func() bool { return w.ping(c) != nil })
	err := w.ping(c)
	if stages.ClassOf(err) != stages.Fatal || !strings.Contains(err.Error(), "3 keys") || !strings.Contains(err.Error(), "raise memory, or set disk") {
		t.Errorf("Ping: %v", err)
	}
}

// A topic that is not there is waited for, and what is wrong with the brokers is said at once.
func TestPingSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	w, _ := onFake(t)
	w.topic = "absent"
	c, _ := w.open(topiclookup.Config{})
	if err := w.ping(c); err == nil || !strings.Contains(err.Error(), "absent") || stages.ClassOf(err) != stages.Transient {
		t.Errorf("Ping: %v", err)
	}
	c, err := topiclookup.Open(t.Context(), topiclookup.Config{Topic: "users", Kafka: consumer.Kafka{Brokers: []string{"kafka"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.ping(c); err == nil || !strings.Contains(err.Error(), "not host:port") || stages.ClassOf(err) != stages.Fatal {
		t.Errorf("Ping: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestWrongConfiguration(t *testing.T) {
	t.Parallel()
	_, err := topiclookup.Open(t.Context(), topiclookup.Config{KeyType: []string{"serial"}})
	if err == nil || !strings.Contains(err.Error(), "there is no topic") || !strings.Contains(err.Error(), "unknown key type") {
		t.Errorf("Open: %v", err)
	}
	w, _ := onFake(t)
	c, _ := w.open(topiclookup.Config{})
	if _, err := c.Lookup(t.Context(), topiclookup.Query{Name: "user", Versions: true}); err == nil || !strings.Contains(err.Error(), "stage user: the table keeps no former rows") {
		t.Errorf("Lookup: %v", err)
	}
	if _, err := c.Lookup(context.Background(), topiclookup.Query{Many: true}); err != nil {
		t.Errorf("Lookup: %v", err)
	}
}

func TestRowsThatAreLists(t *testing.T) {
	t.Parallel()
	w, _ := onFake(t)
	w.publish(record("a", `[ {"n":1}, {"n":2} ]`), record("b", `{"n":1}`))
	c, _ := w.open(topiclookup.Config{})
	w.ready(c)
	if got, want := w.rows(w.lookup(c, topiclookup.Query{Many: true}), "a", "b", "c"), `[{"n":1},{"n":2}] the row of the key is not a list -`; got != want {
		t.Errorf("rows %s, want %s", got, want)
	}
}
