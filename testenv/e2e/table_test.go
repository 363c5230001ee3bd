package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

const tableFile = `
name: %[1]s
kafka: {brokers: ["%[2]s"], session_timeout: 6s}
http: {listen: ""}
workers: 2
input: {topics: [%[1]s], group: %[1]s}
sources:
  users: {topic: {topic: %[5]s, max_staleness: %[6]s%[7]s}}
stages:
  user: {source: users, by: event.user}
output: {topic: %[3]s}
dead_letter: {topic: %[4]s}
`

// staleness is how old a row may be in these tests.
const staleness = time.Second

// tableWriter updates rows, and knows what readers of the topic can see.
type tableWriter struct {
	*scenario

	topic string
	users int

	mu        sync.Mutex
	committed []tableUpdates // oldest first, without what was taken
}

// tableUpdates are the numbers that rows of users have, committed by a time.
type tableUpdates struct {
	by   time.Time
	rows map[int]int
}

// update gives rows of users a number, and notes when all of them are committed.
func (w *tableWriter) update(ctx context.Context, number int, users iter.Seq[int]) error {
	rows := map[int]int{}
	records := func(yield func(testenv.Event) bool) {
		for user := range users {
			number++
			rows[user] = number
			if !yield(testenv.Event{Key: strconv.AppendInt(nil, int64(user), 10), Value: fmt.Appendf(nil, `{"number":%d}`, number)}) {
				return
			}
		}
	}
	if _, err := testenv.Publish(ctx, testenv.PublishConfig{Kafka: w.kafka, Topic: w.topic}, records); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.committed = append(w.committed, tableUpdates{by: time.Now(), rows: rows})
	return nil
}

// keepUpdating gives users, in turn, new numbers, until ctx ends.
func (w *tableWriter) keepUpdating(ctx context.Context, rate int) error {
	const every = 50 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	for number := w.users; ; {
		several := int(float64(rate) * every.Seconds())
		users := func(yield func(int) bool) {
			for i := range several {
				if !yield((number + i) % w.users) {
					return
				}
			}
		}
		if err := w.update(ctx, number, users); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		number += several
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// events are about all users in turn. Each has the number that the row of its user must have at least.
func (w *tableWriter) all() iter.Seq[testenv.Event] {
	return func(yield func(testenv.Event) bool) {
		known := map[int]int{}
		for id := range w.events {
			w.take(known, time.Now().Add(-staleness))
			user := id * 7919 % w.users
			if !yield(testenv.Event{Value: fmt.Appendf(nil, `{"id":%d,"user":%d,"least":%d}`, id, user, known[user])}) {
				return
			}
		}
	}
}

// take moves what was committed by a time to what is known.
func (w *tableWriter) take(known map[int]int, by time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.committed) > 0 && w.committed[0].by.Before(by) {
		maps.Copy(known, w.committed[0].rows)
		w.committed = w.committed[1:]
	}
}

// While a table is updated as often as events come, and the process is killed on the way, no event has a row older than what was
// committed one max_staleness before the event was there, and each event is there once.
func TestATableThatIsUpdated(t *testing.T) {
	t.Parallel()
	for name, disk := range map[string]bool{"memory": false, "disk": true} {
		t.Run(name, func(t *testing.T) {
			s := &scenario{
				t: t, events: eventCount(t), kafka: testenv.Kafka(t), file: filepath.Join(t.TempDir(), "pipeline.yaml"),
				input: testenv.Topic(t, "in", 4), output: testenv.Topic(t, "out", 4), dead: testenv.Topic(t, "dead", 1),
			}
			s.running, s.died = context.WithCancelCause(t.Context())
			w := &tableWriter{scenario: s, topic: testenv.Topic(t, "table", 4, "cleanup.policy=compact"), users: max(s.events/4, 1)}
			place := ""
			if disk {
				place = ", disk: " + t.TempDir()
			}
			if err := os.WriteFile(s.file, fmt.Appendf(nil, tableFile, s.input, s.kafka, s.output, s.dead, w.topic, staleness, place), 0o600); err != nil {
				t.Fatal(err)
			}
			every := func(yield func(int) bool) {
				for user := range w.users {
					if !yield(user) {
						return
					}
				}
			}
			if err := w.update(t.Context(), 0, every); err != nil {
				t.Fatal(err)
			}
			w.enrichWhileUpdated(disk)
			w.rowsAreFresh()
		})
	}
}

// enrichWhileUpdated publishes events and updates, and kills the process after each third of the events.
func (w *tableWriter) enrichWhileUpdated(disk bool) {
	const rate = 5_000
	ctx, stop := context.WithCancel(w.t.Context())
	var writers sync.WaitGroup
	defer writers.Wait()
	defer stop()
	writers.Go(func() {
		if err := w.keepUpdating(ctx, rate); err != nil {
			w.t.Error(err)
		}
	})
	p := w.run("")
	p.logged(`"started"`)
	writers.Go(func() {
		if _, err := testenv.Publish(ctx, testenv.PublishConfig{Kafka: w.kafka, Topic: w.input, Rate: rate}, w.all()); err != nil && ctx.Err() == nil {
			w.t.Error(err)
		}
	})
	for third := 1; third <= 2; third++ {
		w.awaitRecords(w.output, w.events*third/3)
		p.kill()
		p = w.run("")
		var begun struct {
			FromStart bool `json:"from_start"`
		}
		p.logged(`"the table is complete"`)
		if err := json.Unmarshal(p.log.line(`"from_start"`), &begun); err != nil {
			w.t.Fatal(err)
		}
		if begun.FromStart == disk {
			w.t.Errorf("after a kill the table was read from the start: %v, on disk: %v", begun.FromStart, disk)
		}
		w.t.Logf("%s", p.log.line(`"the table is complete"`))
	}
	w.awaitRecords(w.output, w.events)
	stop()
	p.terminate()
}

// rowsAreFresh looks at each output.
func (w *tableWriter) rowsAreFresh() {
	records, err := testenv.ReadAll(w.t.Context(), w.kafka, w.output)
	if err != nil {
		w.t.Fatal(err)
	}
	seen, updated := map[int]bool{}, 0
	for _, r := range records {
		var record struct {
			Event struct{ ID, User, Least int }
			User  *struct{ Number int }
		}
		if err := json.Unmarshal(r.Value, &record); err != nil {
			w.t.Fatal(err)
		}
		if record.User == nil || record.User.Number < record.Event.Least {
			w.t.Fatalf("an event has an older row: %s", r.Value)
		}
		if seen[record.Event.ID] {
			w.t.Fatalf("an event is there twice: %s", r.Value)
		}
		seen[record.Event.ID] = true
		if record.Event.Least > w.users {
			updated++
		}
	}
	if len(seen) != w.events || updated < len(seen)/4 {
		w.t.Errorf("%d of %d events are there, %d about rows that were updated", len(seen), w.events, updated)
	}
}
