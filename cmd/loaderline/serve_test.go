package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// service is the HTTP service of a script, at $CLOSED.
type service struct{ server *httptest.Server }

// serve starts the service or stops it: serve start|stop. It has a name for each of the ids that it is asked for.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve start|stop")
	}
	s, _ := ts.Value(service{}).(*service)
	if args[0] == "stop" {
		s.stop()
		return
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", ts.Getenv("CLOSED"))
	ts.Check(err)
	s.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(names)}} //nolint:gosec // A test's.
	s.server.Start()
}

func (s *service) stop() {
	if s.server != nil {
		s.server.CloseClientConnections()
		s.server.Close()
		s.server = nil
	}
}

func names(w http.ResponseWriter, r *http.Request) {
	items := []map[string]any{}
	for id := range strings.SplitSeq(r.URL.Query().Get("ids"), ",") {
		items = append(items, map[string]any{"id": json.Number(id), "name": fmt.Sprintf("name %s", id)})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(items) // A client that is gone does not want to know.
}
