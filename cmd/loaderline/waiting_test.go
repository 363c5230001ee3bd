package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/loaderline/loaderline/internal/console"
)

// endsWith ends a command once it says something.
type endsWith struct {
	text string
	end  context.CancelFunc
	said bytes.Buffer
}

func (e *endsWith) Write(p []byte) (int, error) {
	if strings.Contains(string(p), e.text) {
		e.end()
	}
	return e.said.Write(p)
}

// TestConsumeSaysThatItWaits would not end if it did not say so.
func TestConsumeSaysThatItWaits(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "enriched"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	path := filepath.Join(t.TempDir(), "pipeline.yaml")
	text := `kafka: {brokers: "` + cluster.ListenAddrs()[0] + `"}
input: {topics: [events], group: g}
sources: {shop: {sql: {driver: sqlite, dsn: shop.db}}}
stages: {user: {source: shop, by: event.id, query: "SELECT id FROM users WHERE id IN ($keys)", key: id}}
output: {topic: enriched}
dead_letter: {topic: dead}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	words := &endsWith{text: "Ctrl-C", end: cancel}
	var out bytes.Buffer
	cmd := newConsume(&console.Console{Out: &out, Err: words, Terminal: true})
	cmd.SetArgs([]string{path})
	if err := cmd.ExecuteContext(ctx); err != nil {
		t.Fatal(err)
	}
	if want := "waiting for new records in enriched; end with Ctrl-C\n"; words.said.String() != want || out.Len() > 0 {
		t.Errorf("it said %q and wrote %q, want %q", words.said.String(), out.String(), want)
	}
}
