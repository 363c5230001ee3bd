package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/testenv"
)

// command runs the binary to its end.
func (s *scenario) command(args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	var out, words bytes.Buffer
	cmd := exec.CommandContext(s.t.Context(), binary(s.t), args...)
	cmd.Env = append(os.Environ(), "SHOP_DSN="+s.dsn)
	cmd.Stdout, cmd.Stderr = &out, &words
	err := cmd.Run()
	exit, failed := errors.AsType[*exec.ExitError](err)
	if err != nil && !failed {
		s.t.Fatal(err)
	}
	if failed {
		code = exit.ExitCode()
	}
	s.t.Logf("%s: exit %d\n%s", strings.Join(args, " "), code, words.String())
	return out.String(), words.String(), code
}

// enriched runs the pipeline until everything has its outcome.
func (s *scenario) enriched() {
	s.t.Helper()
	p := s.run("")
	if report := s.verdict(); report.Dead > 0 {
		s.t.Fatalf("%d dead letters", report.Dead)
	}
	p.terminate()
}

// replayed counts the visible records of a topic by the record that they come from.
func (s *scenario) replayed(topic, id string) map[string]int {
	s.t.Helper()
	records, err := testenv.ReadAll(s.t.Context(), s.kafka, topic)
	if err != nil {
		s.t.Fatal(err)
	}
	seen := map[string]int{}
	for _, r := range records {
		source, named := testenv.SourceOf(&r)
		if !named {
			s.t.Fatal("a record does not name its source")
		}
		if of, _ := r.Header("loaderline.replay"); of != id {
			s.t.Fatalf("a record of replay %q", of)
		}
		seen[source.String()]++
	}
	for source, n := range seen {
		if n != 1 {
			s.t.Errorf("%d records come from %s", n, source)
		}
	}
	return seen
}

// abort leaves a transaction that was aborted at the end of each partition of the input: nothing that a reader sees, but offsets.
func (s *scenario) abort() {
	s.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(s.kafka), kgo.TransactionalID(s.input), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	err = client.BeginTransaction()
	for p := range int32(4) {
		err = errors.Join(err, client.ProduceSync(s.t.Context(), &kgo.Record{Topic: s.input, Partition: p, Value: []byte("{}")}).FirstErr())
	}
	if err := errors.Join(err, client.EndTransaction(s.t.Context(), kgo.TryAbort)); err != nil {
		s.t.Fatal(err)
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	s := newScenario(t, options{})
	s.enriched()
	s.abort()
	t.Run("of a thousand offsets", s.replayedInPart)
	t.Run("killed at half", s.replayedAfterKill)
	t.Run("by two processes", s.replayedByTwo)
	t.Run("as a diff", s.replayedAsDiff)
}

// replayedInPart replays a thousand offsets of one partition.
func (s *scenario) replayedInPart(t *testing.T) {
	into := testenv.Topic(t, "again", 4)
	_, _, code := s.command("replay", s.file, "--from", "1:1000", "--to", "1:2000", "--into", into, "--create-topics", "--id", "a")
	if seen := s.replayed(into, "a"); code != 0 || len(seen) != 1000 || seen["1:1000"] != 1 || seen["1:1999"] != 1 {
		t.Errorf("exit %d, %d records", code, len(seen))
	}
}

// replayedAfterKill kills a replay at half and runs it again: each record is there once.
func (s *scenario) replayedAfterKill(t *testing.T) {
	into := testenv.Topic(t, "again", 4)
	run := []string{"replay", s.file, "--from", "earliest", "--into", into, "--create-topics", "--id", "b"}
	cmd, _ := s.slowly(run...)
	s.awaitRecords(into, s.events/2)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // Killed.
	before := len(s.replayed(into, "b"))
	_, _, code := s.command(run...)
	seen := s.replayed(into, "b")
	t.Logf("killed at %d of %d records", before, len(seen))
	if code != 0 || len(seen) != s.events || before == s.events {
		t.Errorf("exit %d, %d of %d records, %d before the kill", code, len(seen), s.events, before)
	}
}

// replayedAsDiff finds the records of the users that have changed, and no others.
func (s *scenario) replayedAsDiff(t *testing.T) {
	if out, _, code := s.command("replay", s.file, "--from", "earliest", "--diff"); code != 0 || out != "" {
		t.Errorf("exit %d, %s", code, out)
	}
	db, err := pgx.Connect(t.Context(), s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(t.Context(), `UPDATE users SET name = name || ' (new)' WHERE id BETWEEN 1 AND 10`)
	if err := errors.Join(err, db.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	want := s.ofUsers(10)
	out, _, code := s.command("replay", s.file, "--from", "earliest", "--diff", "--format", "json")
	got := 0
	for line := range strings.Lines(out) {
		var change struct {
			Topic             string
			Partition, Offset json.Number
			Change            string
			Fields            []struct{ Field string }
		}
		if err := json.Unmarshal([]byte(line), &change); err != nil {
			t.Fatal(err)
		}
		source := change.Partition.String() + ":" + change.Offset.String()
		if !want[source] || change.Change != "changed" || len(change.Fields) != 1 || change.Fields[0].Field != "user.name" {
			t.Fatalf("got %s", line)
		}
		delete(want, source)
		got++
	}
	if code != 1 || len(want) > 0 || got == 0 {
		t.Errorf("exit %d, %d changes reported, %d not", code, got, len(want))
	}
	t.Logf("%d records of 10 users changed", got)
}

// slowly starts a replay that takes twenty seconds for all events.
func (s *scenario) slowly(args ...string) (cmd *exec.Cmd, words *logs) {
	s.t.Helper()
	words = newLogs()
	cmd = exec.Command(binary(s.t), append(args, "--rate", fmt.Sprint(s.events/20))...)
	cmd.Env = append(os.Environ(), "SHOP_DSN="+s.dsn)
	cmd.Stderr = words
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return cmd, words
}

// replayedByTwo runs one replay in two processes: the newer takes over, the older fails and says so, and each record is there once.
func (s *scenario) replayedByTwo(t *testing.T) {
	into := testenv.Topic(t, "again", 4)
	run := []string{"replay", s.file, "--from", "earliest", "--into", into, "--create-topics", "--id", "c"}
	older, words := s.slowly(run...)
	s.awaitRecords(into, s.events/10)
	_, _, code := s.command(run...)
	err := older.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 || words.count("another process runs replay c") != 1 {
		t.Errorf("the older: %v: %s", err, words.tail())
	}
	if seen := s.replayed(into, "c"); code != 0 || len(seen) != s.events {
		t.Errorf("the newer: exit %d, %d of %d records", code, len(seen), s.events)
	}
}

// ofUsers are the sources of the published records of the first n users.
func (s *scenario) ofUsers(n int64) map[string]bool {
	s.t.Helper()
	records, err := testenv.ReadAll(s.t.Context(), s.kafka, s.output)
	if err != nil {
		s.t.Fatal(err)
	}
	sources := map[string]bool{}
	for _, r := range records {
		var value struct{ User struct{ ID int64 } }
		if err := json.Unmarshal(r.Value, &value); err != nil {
			s.t.Fatal(err)
		}
		if value.User.ID >= 1 && value.User.ID <= n {
			source, _ := testenv.SourceOf(&r)
			sources[source.String()] = true
		}
	}
	return sources
}
