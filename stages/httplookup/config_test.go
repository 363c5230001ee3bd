package httplookup_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

func TestPing(t *testing.T) {
	t.Parallel()
	status := atomic.Int32{}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/healthz" {
			t.Errorf("%s was asked for", r.URL)
		}
		w.WriteHeader(int(status.Load()))
	})
	client := open(t, httplookup.Config{URL: url + "/v1", Health: "/healthz"})
	for code, ok := range map[int32]bool{200: true, 204: true, 302: false, 404: false, 503: false} {
		status.Store(code)
		if err := client.Ping(t.Context()); (err == nil) != ok {
			t.Errorf("Ping at %d: %v", code, err)
		}
	}
	if err := open(t, httplookup.Config{URL: url}).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := client.Ping(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Ping with a cancelled context: %v", err)
	}
}

func TestConfigs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		cfg  httplookup.Config
		want string
	}{
		{httplookup.Config{}, "there is no url"},
		{httplookup.Config{URL: "ftp://host"}, "neither http:// nor https://"},
		{httplookup.Config{URL: "host/v1"}, "neither http:// nor https://"},
		{httplookup.Config{URL: "http:///v1"}, "has no host"},
		{httplookup.Config{URL: "http://user:canary@host"}, "holds credentials"},
		{httplookup.Config{URL: "http://user:canary@host:port"}, "cannot be read"},
		{httplookup.Config{URL: "http://host?token=canary"}, "has a query or a fragment"},
		{httplookup.Config{URL: "http://169.254.169.254/latest"}, "link-local or a metadata service"},
		{httplookup.Config{URL: "http://[fe80::1%25eth0]/"}, "link-local or a metadata service"},
		{httplookup.Config{URL: "http://host", Health: "//elsewhere"}, "health: the path is not a path below the url"},
		{httplookup.Config{URL: "http://host", Header: map[string]lookup.Secret{"X-Token": "canary\r\nX: y"}}, "the header X-Token holds a control character"},
		{httplookup.Config{URL: "http://host", Header: map[string]lookup.Secret{"a b": "canary"}}, `"a b" is not a name of a header`},
		{httplookup.Config{URL: "http://host", Header: map[string]lookup.Secret{"host": "canary"}}, "the header Host cannot be set"},
		{httplookup.Config{URL: "ftp://host", Header: map[string]lookup.Secret{"": "canary"}}, `"" is not a name of a header`}, // Both are said.
	} {
		_, err := httplookup.Open(t.Context(), tc.cfg)
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("Open(%v): %v, want %s", tc.cfg, err, tc.want)
		}
	}
	cfg := httplookup.Config{URL: "http://host", Header: map[string]lookup.Secret{"Authorization": "Bearer canary"}}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("here", slog.Any("config", cfg))
	text, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if all := fmt.Sprintf("%v %+v %#v %v %s %s", cfg, cfg, cfg, &cfg, &logged, text); strings.Contains(all, "canary") {
		t.Errorf("a header is printed: %s", all)
	}
}
