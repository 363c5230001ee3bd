package pipeline_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

const cachedUser = `
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN (%s)", key: id, cache: {ttl: 1h}}
`

// onDisk is a pipeline with a cache in a folder.
func onDisk(t *testing.T, dsn, folder, keys string) *pipeline.Layout {
	t.Helper()
	l, err := layout("nest", dsn, fmt.Sprintf(cachedUser, keys)+fmt.Sprintf("cache: {disk: {path: %q}}\n", folder))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestProcessThatStartsAgainIsWarm(t *testing.T) {
	dsn, folder := shopFile(t), t.TempDir()
	events := []string{`{"user_id":1}`, `{"user_id":2}`, `{"user_id":99}`}
	run := func(keys string) (got []string, calls int64) {
		var n atomic.Int64
		l := onDisk(t, dsn, folder, keys)
		disk := opened(t, l.File)
		p, err := pipeline.Open(t.Context(), l, pipeline.Options{
			Tiers: []cachetier.Tier{disk}, OnCall: func(string, time.Duration, error) { n.Add(1) },
		})
		if err != nil {
			t.Fatal(err)
		}
		got = enrich(t, p, events...)
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		closed(t, disk)
		return got, n.Load()
	}
	first, calls := run("$keys")
	if calls == 0 {
		t.Fatal("the first process made no call")
	}
	change(t, dsn, "DELETE FROM users")
	second, calls := run("$keys")
	if diff := cmp.Diff(first, second); diff != "" || calls != 0 {
		t.Errorf("the second process made %d calls, and has others (-first +second):\n%s", calls, diff)
	}
	// Another query never reads what this one has loaded.
	third, calls := run("$keys) AND (true")
	if calls == 0 || cmp.Equal(first, third) {
		t.Errorf("with another query %d calls, %v", calls, third)
	}
}

func opened(t *testing.T, file *pipelinefile.File) cachetier.Disk {
	t.Helper()
	disk := pipeline.OpenDisk(t.Context(), file, slog.New(slog.DiscardHandler))
	if disk == nil {
		t.Fatal("the disk cache was not opened")
	}
	return disk
}

func closed(t *testing.T, disk cachetier.Disk) {
	t.Helper()
	if err := disk.Close(); err != nil {
		t.Error(err)
	}
}

func TestProcessesOfOnePipelineHavePartsOfTheFolder(t *testing.T) {
	folder := t.TempDir()
	file := onDisk(t, shopFile(t), folder, "$keys").File
	first, second := opened(t, file), opened(t, file)
	closed(t, first)
	again := opened(t, file)
	closed(t, again)
	closed(t, second)
	parts, err := filepath.Glob(filepath.Join(folder, file.Name, "*"))
	if err != nil || len(parts) != 2 {
		t.Errorf("parts %v, %v", parts, err)
	}
}

func TestPipelineGoesOnWithoutItsDisk(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "cache")
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	file := onDisk(t, shopFile(t), folder, "$keys").File
	var log bytes.Buffer
	if disk := pipeline.OpenDisk(t.Context(), file, slog.New(slog.NewTextHandler(&log, nil))); disk != nil {
		t.Error("a file was opened as a folder")
	}
	if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "continuing without the disk cache") {
		t.Errorf("the log says %q", log.String())
	}
}

// What is below the path is the pipeline's own; the path may be one as /tmp, where nobody can replace what is another's.
func TestDiskOfOthersIsNotUsed(t *testing.T) {
	for name, test := range map[string]struct {
		change func(folder, own string) error
		used   bool
		says   string
	}{
		"the path, writable by all":      {func(folder, _ string) error { return os.Chmod(folder, 0o777) }, false, "can be written by other users"},
		"the path, sticky":               {func(folder, _ string) error { return os.Chmod(folder, 0o777|os.ModeSticky) }, true, "disk cache opened"},
		"the pipeline's folder, for all": {func(_, own string) error { return os.Chmod(own, 0o777) }, false, "can be written by other users"},
		"the pipeline's folder, elsewhere": {func(folder, own string) error {
			return errors.Join(os.Rename(own, folder+"-own"), os.Symlink(folder+"-own", own))
		}, false, "is a symbolic link"},
		"a part, for all":      {func(_, own string) error { return os.Chmod(filepath.Join(own, "1"), 0o777) }, false, "can be written by other users"},
		"nothing is there yet": {func(folder, _ string) error { return os.RemoveAll(folder) }, true, "disk cache opened"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "cache")
			file := onDisk(t, shopFile(t), folder, "$keys").File
			closed(t, opened(t, file))
			if err := test.change(folder, filepath.Join(folder, file.Name)); err != nil {
				t.Fatal(err)
			}
			if err := pipeline.CheckDisk(file); (err == nil) != test.used {
				t.Errorf("CheckDisk: %v", err)
			}
			var log bytes.Buffer
			disk := pipeline.OpenDisk(t.Context(), file, slog.New(slog.NewTextHandler(&log, nil)))
			if disk != nil {
				closed(t, disk)
			}
			if (disk != nil) != test.used || !strings.Contains(log.String(), test.says) {
				t.Errorf("used: %t, and the log says %s", disk != nil, log.String())
			}
		})
	}
}
