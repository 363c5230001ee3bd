package filelookup_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/filelookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// write writes a file in place, with another time than before.
func write(tb testing.TB, path, content string) {
	tb.Helper()
	before, _ := os.Stat(path)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		tb.Fatal(err)
	}
	if before != nil {
		later := before.ModTime().Add(time.Second)
		if err := os.Chtimes(path, later, later); err != nil {
			tb.Fatal(err)
		}
	}
}

// file writes a new file.
func file(tb testing.TB, name, content string) (path string) {
	tb.Helper()
	path = filepath.Join(tb.TempDir(), name)
	write(tb, path, content)
	return path
}

// open opens a client that looks at its file when it is told to.
func open(tb testing.TB, cfg filelookup.Config) lookup.Client[filelookup.Query] {
	tb.Helper()
	cfg.Poll = time.Hour
	client, err := filelookup.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := client.Close(); err != nil {
			tb.Error(err)
		}
	})
	return client
}

func prepare(tb testing.TB, client lookup.Client[filelookup.Query], many bool) lookupext.Table {
	tb.Helper()
	l, err := client.Lookup(tb.Context(), filelookup.Query{Many: many})
	if err != nil {
		tb.Fatal(err)
	}
	return l.(lookupext.Table)
}

// find returns the value of a key, or its state.
func find(tb testing.TB, l lookupext.Source, key lookup.Key) string {
	tb.Helper()
	b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{key})
	if err := l.Load(tb.Context(), b); err != nil {
		tb.Fatal(err)
	}
	if r := b.Result(0); r.State != stages.Loaded {
		return r.State.String()
	}
	return string(b.Result(0).Value)
}

func gzipped(tb testing.TB, content string) string {
	tb.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(content)); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func zstandard(tb testing.TB, content string) string {
	tb.Helper()
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	return string(w.EncodeAll([]byte(content), nil))
}
