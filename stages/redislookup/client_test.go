package redislookup_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/redisconn"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/redislookup"
)

func TestConfigs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		cfg  redislookup.Config
		want string
	}{
		{redislookup.Config{}, "there is no address"},
		{redislookup.Config{Addrs: []string{"redis://u:canary@host:1"}}, "address 1 is not host:port"},
		{redislookup.Config{Addrs: []string{"host"}}, "address 1 is not host:port"},
		{redislookup.Config{Addrs: []string{"a:1", "b:2"}}, "which only a cluster can have"},
		{redislookup.Config{Addrs: []string{"a:1"}, DB: -1}, "there is no database -1"},
		{redislookup.Config{Addrs: []string{"a:1"}, Cluster: true, DB: 1}, "a cluster has no database 1"},
		{redislookup.Config{Addrs: []string{"a:1"}, Username: "u"}, "a username without a password"},
		{redislookup.Config{Username: "u"}, "there is no address"}, // Both are said.
	} {
		_, err := redislookup.Open(t.Context(), tc.cfg)
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(fmt.Sprint(err, redisconn.Config(tc.cfg)), "canary") {
			t.Errorf("Open(%v): %v, want %s", tc.cfg, err, tc.want)
		}
	}
	cfg := redislookup.Config{Addrs: []string{"a:1"}, Username: "u", Password: "canary", TLS: &tls.Config{MinVersion: tls.VersionTLS12}}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("here", slog.Any("config", cfg))
	text, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if all := fmt.Sprintf("%v %+v %#v %v %s %s", cfg, cfg, cfg, &cfg, &logged, text); strings.Contains(all, "canary") {
		t.Errorf("a password is printed: %s", all)
	}
}

// TestClosed leaves a call behind at a server that is silent for longer than anyone waits.
func TestClosed(t *testing.T) {
	t.Parallel()
	client, err := redislookup.Open(t.Context(), redislookup.Config{Addrs: []string{silent(t)}, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	l := prepare(t, client, redislookup.Query{Key: "$key"})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	cancelled, stop := context.WithCancel(t.Context())
	context.AfterFunc(ctx, stop)
	if err := l.Load(cancelled, stages.NewBatch[lookup.Key, []byte]([]lookup.Key{`"1"`})); !errors.Is(err, context.Canceled) {
		t.Errorf("Load: %v, want context.Canceled", err)
	}
	start := time.Now()
	for range 2 {
		if err := client.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("Close waited %v for a server that is silent", took)
	}
	_ = fails(t, l, stages.Transient, "")
}
