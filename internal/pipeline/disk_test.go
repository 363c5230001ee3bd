package pipeline_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages/cache"
	"github.com/loaderline/loaderline/stages/cache/disktier"
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
			Tiers: []cache.Tier{disk}, OnCall: func(string, time.Duration, error) { n.Add(1) },
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

func opened(t *testing.T, file *pipelinefile.File) *disktier.Tier {
	t.Helper()
	disk := pipeline.OpenDisk(t.Context(), file, slog.New(slog.DiscardHandler))
	if disk == nil {
		t.Fatal("the disk cache was not opened")
	}
	return disk
}

func closed(t *testing.T, disk *disktier.Tier) {
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
	if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "going on without the disk cache") {
		t.Errorf("the log says %q", log.String())
	}
}
