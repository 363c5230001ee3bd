package topiclookup_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/stages/topiclookup"
)

// counting counts the records that are decoded.
func counting(n *atomic.Int64) func(*kgo.Record) ([][]byte, []byte, error) {
	return func(r *kgo.Record) ([][]byte, []byte, error) {
		n.Add(1)
		return [][]byte{[]byte(`"` + string(r.Key) + `"`)}, r.Value, nil
	}
}

// A process that starts again reads only what is new, behind transactions too.
func TestRestartReadsWhatIsNew(t *testing.T) {
	onEach(t, func(w *world) {
		dir := w.t.TempDir()
		w.transact(kgo.TryCommit, record("a", `1`), record("b", `1`))
		w.transact(kgo.TryAbort, record("a", `2`))
		var read atomic.Int64
		c, stop := w.open(topiclookup.Config{Dir: dir, Decode: counting(&read)})
		w.ready(c)
		stop()
		if n := read.Swap(0); n != 2 {
			w.t.Errorf("%d records read, want 2", n)
		}
		w.publish(record("b", ""), record("c", `3`))
		c, stop = w.open(topiclookup.Config{Dir: dir, Decode: counting(&read)})
		w.ready(c)
		if got := w.rows(w.lookup(c, topiclookup.Query{}), "a", "b", "c"); got != "1 - 3" {
			w.t.Errorf("rows %s", got)
		}
		stop()
		if n := read.Swap(0); n != 2 {
			w.t.Errorf("%d records read after the restart, want 2", n)
		}
		c, _ = w.open(topiclookup.Config{Dir: dir, Decode: counting(&read), Version: "2"})
		w.ready(c)
		if got := w.rows(w.lookup(c, topiclookup.Query{}), "a", "b", "c"); got != "1 - 3" || read.Load() != 4 {
			w.t.Errorf("rows %s of %d records as another version reads them, want all 4", got, read.Load())
		}
	})
}

// What became of a topic while nothing ran is noticed.
func TestRestartAfterTheTopicHasChanged(t *testing.T) {
	onEach(t, func(w *world) {
		dir := w.t.TempDir()
		w.publish(record("a", `1`), record("b", `1`))
		c, stop := w.open(topiclookup.Config{Dir: dir})
		w.ready(c)
		stop()
		w.recreate(2)
		w.publish(record("b", `2`), record("c", `2`), record("b", `3`), record("c", `3`))
		c, _ = w.open(topiclookup.Config{Dir: dir})
		w.ready(c)
		if got := w.rows(w.lookup(c, topiclookup.Query{}), "a", "b", "c"); got != "- 3 3" {
			w.t.Errorf("rows %s", got)
		}
		w.says("deleted and created again")
	})
}

// A tombstone that the topic has forgotten removes nothing, so the topic is read from its start.
func TestRestartAfterTombstonesWereForgotten(t *testing.T) {
	t.Parallel()
	w := onKafka(t, "cleanup.policy=compact", "delete.retention.ms=0")
	dir := t.TempDir()
	w.publish(record("a", `1`))
	var read atomic.Int64
	for range 2 {
		c, stop := w.open(topiclookup.Config{Dir: dir, Decode: counting(&read)})
		w.ready(c)
		stop()
		if n := read.Swap(0); n != 1 {
			t.Errorf("%d records read, want 1", n)
		}
	}
	w.says("delete.retention.ms")
}

// Whenever the process is killed, the files have the rows of some place in the topic, and reading goes on there.
func TestKilledWhileItReads(t *testing.T) {
	t.Parallel()
	w, _ := onFake(t)
	dir, copies := t.TempDir(), t.TempDir()
	const keys, updates = 50, 40
	c, stop := w.open(topiclookup.Config{Dir: dir})
	w.ready(c)
	for n := range updates {
		var records []*kgo.Record
		for k := range keys {
			if (n+k)%7 == 0 {
				records = append(records, record(fmt.Sprint("k", k), ""))
			} else {
				records = append(records, record(fmt.Sprint("k", k), fmt.Sprint(n)))
			}
		}
		w.publish(records...)
		if n%4 == 0 {
			copied(t, dir, filepath.Join(copies, fmt.Sprint(n)))
		}
	}
	asked, want := make([]string, keys), make([]string, keys)
	for k := range keys {
		asked[k], want[k] = fmt.Sprint("k", k), fmt.Sprint(updates-1)
		if (updates-1+k)%7 == 0 {
			want[k] = "-"
		}
	}
	w.sees(w.lookup(c, topiclookup.Query{}), strings.Join(want, " "), asked...)
	stop()
	for n := 0; n < updates; n += 4 {
		c, stop := w.open(topiclookup.Config{Dir: filepath.Join(copies, fmt.Sprint(n))})
		w.ready(c)
		if got := w.rows(w.lookup(c, topiclookup.Query{}), asked...); got != strings.Join(want, " ") {
			t.Errorf("killed at update %d: rows %s, want %s", n, got, want)
		}
		stop()
	}
}

// copied copies a directory as it is now, which is what a killed process leaves.
func copied(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		}
		data, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), data, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Each of several processes has its own files, which it finds again.
func TestADirectoryIsShared(t *testing.T) {
	t.Parallel()
	w, _ := onFake(t)
	w.publish(record("a", "1"))
	dir := t.TempDir()
	var read atomic.Int64
	for _, want := range []int64{2, 0} {
		first, stopFirst := w.open(topiclookup.Config{Dir: dir, Decode: counting(&read)})
		w.ready(first)
		second, stopSecond := w.open(topiclookup.Config{Dir: dir, Decode: counting(&read)})
		w.ready(second)
		if got := w.rows(w.lookup(second, topiclookup.Query{}), "a"); got != "1" {
			t.Errorf("row %s", got)
		}
		stopFirst()
		stopSecond()
		if n := read.Swap(0); n != want {
			t.Errorf("%d records read, want %d", n, want)
		}
	}
}

// Versions outlive the process, and what is read twice is there once.
func TestVersionsOnDisk(t *testing.T) {
	t.Parallel()
	w, _ := onFake(t)
	dir := t.TempDir()
	now := time.Now().Truncate(time.Second)
	version := func(n int, ago time.Duration) *kgo.Record {
		r := record("a", fmt.Sprintf(`{"n":%d}`, n))
		r.Timestamp = now.Add(-ago)
		return r
	}
	w.publish(version(1, 3*time.Hour), version(2, 2*time.Hour), version(3, time.Minute))
	cfg := topiclookup.Config{Dir: dir, Retain: time.Hour}
	c, stop := w.open(cfg)
	w.ready(c)
	stop()
	w.publish(version(4, 0))
	c, _ = w.open(cfg)
	w.ready(c)
	moment := func(ago time.Duration) string { return now.Add(-ago).UTC().Format(time.RFC3339) }
	want := fmt.Sprintf(`[{"_from":"%s","_to":"%s","n":2},{"_from":"%s","_to":"%s","n":3},{"_from":"%s","_to":null,"n":4}]`,
		moment(2*time.Hour), moment(time.Minute), moment(time.Minute), moment(0), moment(0))
	if got := w.rows(w.lookup(c, topiclookup.Query{Versions: true}), "a"); got != want {
		t.Errorf("versions %s, want %s", got, want)
	}
	if got := w.rows(w.lookup(c, topiclookup.Query{}), "a"); got != `{"n":4}` {
		t.Errorf("row %s", got)
	}
}
