package httplookup_test

import (
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// TestNamesThatLeadToMetadata has a name server that returns a service's address first and then another: what counts is the
// address that is dialled.
func TestNamesThatLeadToMetadata(t *testing.T) {
	t.Parallel()
	url := serve(t, says(`[{"id":1}]`))
	_, port, err := net.SplitHostPort(url[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	var metadata atomic.Bool
	names := nameServer(t, func() [4]byte {
		if metadata.Load() {
			return [4]byte{169, 254, 169, 254}
		}
		return [4]byte{127, 0, 0, 1}
	})
	client := open(t, httplookup.Config{URL: "http://service.test:" + port, Header: map[string]lookup.Secret{"Connection-Test": "x"}})
	httplookup.Resolve(client, &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", names)
	}})
	l := prepare(t, client, httplookup.Query{})
	if got := outcome(load(t, l, "1").Result(0)); got != `{"id":1}` {
		t.Fatalf("the service answers %s", got)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	metadata.Store(true)
	err = l.Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1"}))
	if stages.ClassOf(err) != stages.Fatal || err.Error() != "the name of the service leads to an address that is link-local or a metadata service" {
		t.Errorf("Load: class %d: %v, want a fatal error that says why", stages.ClassOf(err), err)
	}
	if err := client.Ping(t.Context()); err == nil {
		t.Error("Ping reached it")
	}
}

// nameServer answers each question for an IPv4 address. It is the only one of its tests that speaks DNS, so it knows no more of it.
func nameServer(tb testing.TB, address func() [4]byte) string {
	tb.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(tb.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	tb.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	go func() {
		defer close(done)
		question := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(question)
			if err != nil {
				return
			}
			end := 12
			for end < n && question[end] != 0 {
				end += int(question[end]) + 1
			}
			end += 5 // The root, the type and the class.
			if end > n {
				continue
			}
			isA := binary.BigEndian.Uint16(question[end-4:]) == 1
			answer := append([]byte{}, question[:end]...)
			binary.BigEndian.PutUint16(answer[2:], 0x8180)
			copy(answer[6:12], []byte{0, 0, 0, 0, 0, 0})
			if isA {
				answer[7] = 1
				ip := address()
				answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ip[0], ip[1], ip[2], ip[3])
			}
			_, _ = conn.WriteTo(answer, from)
		}
	}()
	return conn.LocalAddr().String()
}

func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the proxy was asked for %s", r.URL)
		w.WriteHeader(http.StatusBadGateway)
	})
	t.Setenv("HTTP_PROXY", proxy)
	t.Setenv("http_proxy", proxy)
	client := open(t, httplookup.Config{URL: "http://service.test"})
	httplookup.Resolve(client, &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, net.ErrClosed
	}})
	err := prepare(t, client, httplookup.Query{}).Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1"}))
	if err == nil || stages.ClassOf(err) != stages.Transient {
		t.Errorf("Load: %v, want a transient error", err)
	}
}
