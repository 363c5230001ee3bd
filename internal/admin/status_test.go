package admin_test

import (
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/lookupext"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	want := admin.Status{
		Pipeline: "p", Instance: "i", Workers: []admin.Worker{{Worker: 1, Joined: true, Paused: "shop", LastActive: time.Unix(1764000000, 0).UTC()}},
		Sources: []admin.Source{{Name: "shop", Breaker: "open"}},
	}
	// On all addresses, so that the token is asked for.
	server := serve(t, admin.Config{Listen: ":0", Pipeline: "p", Token: "t", Status: func() admin.Status { return want }})
	got, err := admin.AskStatus(t.Context(), admin.Target{Listen: server.Addr(), Pipeline: "p", Token: "t"})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := admin.AskStatus(t.Context(), admin.Target{Listen: server.Addr(), Pipeline: "p", Token: "wrong"}); err == nil {
		t.Error("it answers without the token")
	}
	if got := ask(t, server, http.MethodPost, "/api/status", "localhost", http.Header{"Authorization": {"Bearer t"}}); got.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d %s", got.status, got.body)
	}
}

func TestNobodyToAskForTheStatus(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = admin.AskStatus(t.Context(), admin.Target{Listen: closed.Addr().String()})
	if _, is := errors.AsType[*admin.UnreachableError](err); !is {
		t.Errorf("nobody listens: %v", err)
	}
	if _, err := admin.AskStatus(t.Context(), admin.Target{}); err == nil {
		t.Error("no address, no error")
	}
}

func TestFileThatIsNotUsed(t *testing.T) {
	t.Parallel()
	written := time.Unix(1764000000, 0)
	got := admin.NewFile(lookupext.Served{Modified: written, Rows: 3, Bytes: 90, Err: errors.New("zones.csv:4: no key")})
	if diff := cmp.Diff(&admin.File{Rows: 3, Bytes: 90, Modified: &written, Refused: "zones.csv:4: no key"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&admin.File{}, admin.NewFile(lookupext.Served{})); diff != "" {
		t.Errorf("without content (-want +got):\n%s", diff)
	}
}
