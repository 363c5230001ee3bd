package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// deadLetters is how many the tests of dlq have: of three kinds, in turn.
const deadLetters = 1000

// newDead is a pipeline that has run over deadLetters bad events among twice as many good ones, and has stopped.
func newDead(t *testing.T) *scenario {
	t.Helper()
	s := &scenario{t: t, events: 3 * deadLetters, kafka: testenv.Kafka(t), dsn: testenv.Postgres(t)}
	s.running, s.died = context.WithCancelCause(t.Context())
	s.input, s.output, s.dead = testenv.Topic(t, "in", 4), testenv.Topic(t, "out", 4), testenv.Topic(t, "dead", 4)
	if err := testenv.SeedShop(t.Context(), s.dsn, testenv.ShopConfig{Users: 100, Products: 10}); err != nil {
		t.Fatal(err)
	}
	s.writeFile(options{})
	file, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	file = bytes.Replace(file, []byte("dead_letter: {"), []byte("dead_letter: {limit: 100%, "), 1)
	if err := os.WriteFile(s.file, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := testenv.Publish(t.Context(), testenv.PublishConfig{Kafka: s.kafka, Topic: s.input}, badEvents()); err != nil {
		t.Fatal(err)
	}
	p := s.run("")
	s.awaitRecords(s.dead, deadLetters)
	p.terminate()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
		defer cancel()
		if err := testenv.DeleteTopics(ctx, s.kafka, s.dead+"-ledger"); err != nil {
			t.Log(err)
		}
	})
	return s
}

// badEvents yields one bad event after each two good ones: half of them have no user, and the others a bad key or no JSON.
func badEvents() iter.Seq[testenv.Event] {
	return func(yield func(testenv.Event) bool) {
		for i := range 3 * deadLetters {
			e := testenv.Event{ID: i, Key: fmt.Append(nil, i), Value: fmt.Appendf(nil, `{"user_id":%d}`, i%99+1)}
			switch n := i / 3; {
			case i%3 != 2:
			case n%2 == 0:
				e.Value = fmt.Appendf(nil, `{"user_id":%d}`, 1_000_000+i)
			case n%4 == 1:
				e.Value = fmt.Appendf(nil, `{"user_id":"u-%d"}`, i)
			default:
				e.Value = fmt.Appendf(nil, `{"user_id":%d`, i)
			}
			if !yield(e) {
				return
			}
		}
	}
}

// awaitRecords waits until a topic has so many visible records.
func (s *scenario) awaitRecords(topic string, n int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.running, time.Minute)
	defer cancel()
	seen := make(chan int)
	following, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- testenv.Follow(following, s.kafka, topic, func(b testenv.Batch) error {
			select {
			case seen <- len(b.Records):
				return nil
			case <-following.Done():
				return io.EOF
			}
		})
	}()
	for have := 0; have < n; {
		select {
		case more := <-seen:
			have += more
		case err := <-ended:
			s.t.Fatalf("%s has %d records, want %d: %v", topic, have, n, err)
		}
	}
	stop()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		s.t.Error(err)
	}
}

// dlq makes a command of dlq.
func (s *scenario) dlq(args ...string) (cmd *exec.Cmd, words *bytes.Buffer) {
	words = &bytes.Buffer{}
	cmd = exec.Command(binary(s.t), append([]string{"dlq", args[0], s.file}, args[1:]...)...)
	cmd.Env = append(os.Environ(), "SHOP_DSN="+s.dsn)
	cmd.Stderr = words
	return cmd, words
}

// listed is what dlq list prints, by state and kind.
func (s *scenario) listed(args ...string) map[string]int {
	s.t.Helper()
	cmd, words := s.dlq(append([]string{"list", "--format", "json"}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("%v: %s", err, words)
	}
	counts := map[string]int{}
	for line := range strings.Lines(string(out)) {
		var group struct {
			State, Kind, Message string
			Count                int
		}
		if err := json.Unmarshal([]byte(line), &group); err != nil {
			s.t.Fatal(err)
		}
		counts[group.State+" "+group.Kind] += group.Count
		counts["groups"]++
	}
	return counts
}

// redriven are the visible records of the input topic that were redriven, by where they were first.
func (s *scenario) redriven() map[string]int {
	s.t.Helper()
	records, err := testenv.ReadAll(s.t.Context(), s.kafka, s.input)
	if err != nil {
		s.t.Fatal(err)
	}
	times := map[string]int{}
	for _, r := range records {
		partition, is := r.Header("loaderline.origin.partition")
		if !is {
			continue
		}
		offset, _ := r.Header("loaderline.origin.offset")
		if partition != fmt.Sprint(r.Partition) {
			s.t.Errorf("a record of partition %s is in %d", partition, r.Partition)
		}
		times[partition+":"+offset]++
	}
	return times
}

// redrivenOnce fails unless each dead letter was sent once.
func (s *scenario) redrivenOnce() {
	s.t.Helper()
	times := s.redriven()
	if len(times) != deadLetters {
		s.t.Errorf("%d of %d dead letters were sent", len(times), deadLetters)
	}
	for of, n := range times {
		if n != 1 {
			s.t.Errorf("the dead letter of %s was sent %d times", of, n)
		}
	}
}

// Killed at half and run again, redrive sends each dead letter once.
func TestRedriveKilledAtHalf(t *testing.T) {
	t.Parallel()
	s := newDead(t)
	if got := s.listed(); got["groups"] != 3 || got["open missing"] != 500 || got["open key"] != 250 || got["open decode"] != 250 {
		t.Errorf("list groups them as %v", got)
	}
	first, words := s.dlq("redrive", "--yes", "--rate", "100") // It has five seconds to be killed in.
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	s.awaitRecords(s.input, 3*deadLetters+deadLetters/2)
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err == nil {
		t.Fatalf("the redrive was done before it was killed: %s", words)
	}
	half := len(s.redriven())
	t.Logf("killed after %d", half)
	if half < deadLetters/2 || half >= deadLetters {
		t.Errorf("it was not killed on the way: %d were sent", half)
	}
	begin := time.Now()
	second, words := s.dlq("redrive", "--yes")
	if err := second.Run(); err != nil {
		t.Fatalf("%v: %s", err, words)
	}
	t.Logf("the second took %v: %s", time.Since(begin), words)
	s.redrivenOnce()
	if got := s.listed("--all"); got["redriven missing"] != 500 || got["redriven key"] != 250 || got["redriven decode"] != 250 || got["groups"] != 3 {
		t.Errorf("afterwards list has %v", got)
	}
	// The pipeline takes them up, and gives them up again: they come back as new dead letters that know their origin.
	p := s.run("")
	s.awaitRecords(s.dead, 2*deadLetters)
	p.terminate()
	third, words := s.dlq("redrive", "--yes", "--max-redrives", "0")
	if err := third.Run(); err != nil || !strings.Contains(words.String(), "redrove 0 dead letters, parked 1000, left 0 open") {
		t.Errorf("what came back was not parked: %v: %s", err, words)
	}
	if err := testenv.DeleteTopics(t.Context(), s.kafka, s.dead+"-parked"); err != nil {
		t.Error(err)
	}
}

// Of two redrives, the older stops and says so, and each dead letter is sent once.
func TestTwoRedrives(t *testing.T) {
	t.Parallel()
	s := newDead(t)
	older, words := s.dlq("redrive", "--yes", "--rate", "50")
	if err := older.Start(); err != nil {
		t.Fatal(err)
	}
	s.awaitRecords(s.input, 3*deadLetters+deadLetters/10)
	newer, newerWords := s.dlq("redrive", "--yes")
	if err := newer.Run(); err != nil {
		t.Errorf("the newer: %v: %s", err, newerWords)
	}
	err := older.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 || !strings.Contains(words.String(), "another dlq command has begun to change the dead letters of pipeline") {
		t.Errorf("the older: %v: %s", err, words)
	}
	s.redrivenOnce()
}
