package filelookup_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/logtest"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/filelookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

var zones = filelookup.Config{Key: []string{"id"}, Types: map[string]string{"id": "bigint"}}

// zone is a file with one row, of a version.
func zone(version int) string { return fmt.Sprintf("id,version\n1,%d\n", version) }

// row is that row.
func row(version int) string { return fmt.Sprintf(`{"id":1,"version":"%d"}`, version) }

// replaced replaces a file by a new one.
func replaced(t *testing.T, path, content string) {
	t.Helper()
	next := path + ".next"
	write(t, next, content)
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
}

func TestAChangedFileIsLoadedAsAWhole(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, path, content string){
		"in place": func(t *testing.T, path, content string) { t.Helper(); write(t, path, content) },
		"renamed":  replaced,
		"by the links of a ConfigMap": func(t *testing.T, path, content string) {
			t.Helper()
			folder := t.TempDir()
			write(t, filepath.Join(folder, "zones.csv"), content)
			if err := os.Symlink(filepath.Join(folder, "zones.csv"), path+".link"); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path+".link", path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := zones
			cfg.Path = file(t, "zones.csv", zone(0))
			client := open(t, cfg)
			l := prepare(t, client, false)
			for version := 1; version < 4; version++ {
				changes := l.Changes()
				change(t, cfg.Path, zone(version))
				filelookup.Look(t.Context(), client)
				if got := find(t, l, "1"); got != row(version-1) || l.Changes() != changes {
					t.Errorf("version %d was loaded when it might still be written: %s", version, got)
				}
				filelookup.Look(t.Context(), client)
				if got := find(t, l, "1"); got != row(version) || l.Changes() != changes+1 {
					t.Errorf("version %d: %s after %d changes", version, got, l.Changes())
				}
			}
		})
	}
}

// A file that is written to is not loaded before it has been the same for a while, even where each part of it is a whole file.
func TestAHalfWrittenFileIsNotLoaded(t *testing.T) {
	t.Parallel()
	cfg := zones
	cfg.Path = file(t, "zones.csv", zone(0)+"2,0\n3,0\n")
	client := open(t, cfg)
	l := prepare(t, client, false)
	content := zone(1)
	for _, more := range []string{"2,1\n", "3,1\n", ""} {
		write(t, cfg.Path, content)
		filelookup.Look(t.Context(), client)
		for _, key := range []lookup.Key{"1", "2", "3"} {
			if got := find(t, l, key); !strings.Contains(got, `"version":"0"`) {
				t.Errorf("with %q: %s", content, got)
			}
		}
		content += more
	}
	filelookup.Look(t.Context(), client)
	if got := find(t, l, "3"); got != `{"id":3,"version":"1"}` {
		t.Errorf("in the end: %s", got)
	}
}

// duringRead is a context that does something when a file is first read from under it.
type duringRead struct {
	context.Context //nolint:containedctx // It is one.

	once sync.Once
	do   func()
}

func (d *duringRead) Err() error {
	d.once.Do(d.do)
	return d.Context.Err()
}

// A file that changes while it is read is read again, at start and later: its parts may be of two versions.
func TestAFileThatChangesWhileItIsReadIsReadAgain(t *testing.T) {
	t.Parallel()
	cfg := zones
	cfg.Path, cfg.Poll = file(t, "zones.csv", zone(0)), time.Millisecond
	client, err := filelookup.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}()
	changing := &duringRead{Context: t.Context(), do: func() { replaced(t, cfg.Path, zone(1)) }}
	l, err := client.Lookup(changing, filelookup.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if got := find(t, l, "1"); got != row(1) {
		t.Errorf("at start: %s", got)
	}

	cfg.Path = file(t, "zones.csv", zone(0))
	slow := open(t, cfg)
	later := prepare(t, slow, false)
	replaced(t, cfg.Path, zone(1))
	filelookup.Look(t.Context(), slow)
	filelookup.Look(&duringRead{Context: t.Context(), do: func() { replaced(t, cfg.Path, zone(2)) }}, slow)
	if got := find(t, later, "1"); got != row(0) {
		t.Errorf("after a read of two files: %s", got)
	}
	filelookup.Look(t.Context(), slow)
	filelookup.Look(t.Context(), slow)
	if got := find(t, later, "1"); got != row(2) {
		t.Errorf("later: %s", got)
	}
}

func served(c lookup.Client[filelookup.Query]) lookupext.Served {
	return c.(lookupext.Reloader).Served()
}

// look looks at the file so many times.
func look(t *testing.T, client lookup.Client[filelookup.Query], times int) {
	t.Helper()
	for range times {
		filelookup.Look(t.Context(), client)
	}
}

func TestABrokenFileChangesNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct {
		do   func(t *testing.T, path string)
		want string // behind the path
	}{
		"too few columns": {func(t *testing.T, path string) { t.Helper(); write(t, path, zone(1)+"2\n") }, ":3: the row has 1 column, and the header has 2"},
		"a key twice":     {func(t *testing.T, path string) { t.Helper(); replaced(t, path, zone(1)+"01,2\n") }, ":3: the row has the key of line 2; many: true makes a list of them"},
		"empty":           {func(t *testing.T, path string) { t.Helper(); write(t, path, "") }, ": the file is empty; its first line has the names of the columns"},
		"removed": {func(t *testing.T, path string) {
			t.Helper()
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}, ": no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &logtest.Buffer{}
			cfg := zones
			cfg.Path, cfg.Logger = file(t, "zones.csv", zone(0)), log.Logger(slog.LevelInfo)
			client := open(t, cfg)
			if now := served(client); now != (lookupext.Served{}) {
				t.Errorf("before it was read, %+v is served", now)
			}
			l := prepare(t, client, false)
			good := served(client)
			if good.Rows != 1 || good.Bytes == 0 || good.Modified.IsZero() || good.Err != nil {
				t.Errorf("%+v is served", good)
			}
			change.do(t, cfg.Path)
			look(t, client, 4)
			now := served(client)
			if got := find(t, l, "1"); got != row(0) || l.Changes() != 0 || now.Modified != good.Modified {
				t.Errorf("%s is served", got)
			}
			if want := cfg.Path + change.want; now.Err == nil || now.Err.Error() != want {
				t.Errorf("because of %v, want %s", now.Err, want)
			}
			if said := log.String(); strings.Count(said, "file not used, keeping the rows of before") != 1 || !strings.Contains(said, change.want[strings.LastIndex(change.want, ":"):]) {
				t.Errorf("the log:\n%s", said)
			}
			replaced(t, cfg.Path, zone(2))
			look(t, client, 2)
			if got, now := find(t, l, "1"), served(client); got != row(2) || now.Err != nil || !strings.Contains(log.String(), "file loaded") {
				t.Errorf("after a good file, %s is served: %v", got, now.Err)
			}
		})
	}
}

func TestAFileThatNeverRestsIsReported(t *testing.T) {
	t.Parallel()
	cfg := zones
	cfg.Path = file(t, "zones.csv", zone(0))
	client := open(t, cfg)
	l := prepare(t, client, false)
	for version := range 10 {
		if err := served(client).Err; err != nil {
			t.Fatalf("after %d changes: %v", version, err)
		}
		write(t, cfg.Path, zone(version+1))
		filelookup.Look(t.Context(), client)
	}
	if err := served(client).Err; err == nil || !strings.Contains(err.Error(), "the file changes while it is read") {
		t.Errorf("after 10 changes: %v", err)
	}
	filelookup.Look(t.Context(), client)
	if got := find(t, l, "1"); got != row(10) || served(client).Err != nil {
		t.Errorf("at rest: %s, %v", got, served(client).Err)
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	cfg := zones
	cfg.Path = file(t, "zones.csv", zone(0))
	client := open(t, cfg)
	if err := client.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := os.Remove(cfg.Path); err != nil {
		t.Fatal(err)
	}
	want := cfg.Path + ": no such file or directory"
	if err := client.Ping(t.Context()); err == nil || err.Error() != want || stages.ClassOf(err) != stages.Fatal {
		t.Errorf("without a file: %v", err)
	}
	write(t, cfg.Path, zone(0))
	prepare(t, client, false)
	if err := os.Remove(cfg.Path); err != nil {
		t.Fatal(err)
	}
	if err := client.Ping(t.Context()); err != nil {
		t.Errorf("with rows in memory: %v", err)
	}
}
