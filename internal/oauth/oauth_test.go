package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline/internal/oauth"
)

// server is an authorization server in the process. It issues token-1, token-2 and so on.
type server struct {
	life   int // of its tokens, in seconds; 0: it does not say
	delay  time.Duration
	status int    // of its answers; 0: 200 with a token
	body   string // of other answers

	mu     sync.Mutex
	issued int
	asked  []string
}

// RoundTrip answers a request.
func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	select {
	case <-time.After(s.delay):
	case <-r.Context().Done():
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Header.Get("Authorization")+" "+string(body))
	w.Header().Set("Content-Type", "application/json")
	if s.status != 0 {
		w.WriteHeader(s.status)
		_, _ = io.WriteString(w, s.body)
		return
	}
	s.issued++
	expires := ""
	if s.life > 0 {
		expires = fmt.Sprintf(`, "expires_in": %d`, s.life)
	}
	_, _ = fmt.Fprintf(w, `{"access_token": "token-%d", "token_type": "bearer"%s}`, s.issued, expires)
}

// fails makes the server answer with a status, or issue tokens again if that is 0.
func (s *server) fails(status int, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.body = status, body
}

func (s *server) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

func secret() (string, error) { return "canary secret", nil }

// tokens are of a server that needs no network.
func tokens(t *testing.T, s *server) *oauth.Tokens {
	t.Helper()
	o, err := oauth.New(oauth.Config{TokenURL: "https://login.test/token", ClientID: "client", ClientSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
	oauth.SetTransport(o, s)
	return o
}

func expect(t *testing.T, o *oauth.Tokens, refused, want string) {
	t.Helper()
	if got, err := o.Token(t.Context(), refused); got != want || err != nil {
		t.Errorf("the token is %q (%v), want %s", got, err, want)
	}
}

func TestATokenIsRequestedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{life: 3600, delay: time.Second}
		o := tokens(t, s)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { expect(t, o, "", "token-1") })
		}
		wg.Wait()
		expect(t, o, "", "token-1")
		for range 50 { // They were all refused the same token.
			wg.Go(func() { expect(t, o, "token-1", "token-2") })
		}
		wg.Wait()
		expect(t, o, "token-1", "token-2") // This one was refused late.
		if n := s.requests(); n != 2 {
			t.Errorf("%d requests, want 2", n)
		}
	})
}

func TestATokenIsRenewedBeforeItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{life: 100}
		o := tokens(t, s)
		expect(t, o, "", "token-1")
		time.Sleep(79 * time.Second)
		expect(t, o, "", "token-1")
		synctest.Wait()
		if n := s.requests(); n != 1 {
			t.Errorf("%d requests before it is due", n)
		}
		time.Sleep(2 * time.Second)
		expect(t, o, "", "token-1") // It is still good, and nobody waits for the next.
		synctest.Wait()
		expect(t, o, "", "token-2")

		// A renewal that fails is tried again after a while, and the token is used to its end.
		s.fails(503, "")
		time.Sleep(85 * time.Second)
		for range 5 {
			expect(t, o, "", "token-2")
			synctest.Wait()
		}
		if n := s.requests(); n != 3 {
			t.Errorf("%d requests, want one that fails", n)
		}
		time.Sleep(10 * time.Second) // Now it has less than ten left.
		if got, err := o.Token(t.Context(), ""); err == nil {
			t.Errorf("%s is used beyond its end", got)
		}
		s.fails(0, "")
		expect(t, o, "", "token-3")
	})
}

func TestATokenWithoutAnEndIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := tokens(t, &server{})
		expect(t, o, "", "token-1")
		time.Sleep(1000 * time.Hour)
		expect(t, o, "", "token-1")
		expect(t, o, "token-1", "token-2")
	})
}

// Who no longer waits takes nothing from others that do.
func TestARequestOutlivesWhoBeganIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{life: 3600, delay: 2 * time.Second}
		o := tokens(t, s)
		var wg sync.WaitGroup
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := o.Token(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v, want a deadline", err)
			}
		})
		synctest.Wait()
		wg.Go(func() { expect(t, o, "", "token-1") })
		wg.Wait()
		if n := s.requests(); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestAServerThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := tokens(t, &server{delay: time.Hour})
		start := time.Now()
		_, err := o.Token(t.Context(), "")
		if e, ok := errors.AsType[*oauth.Error](err); !ok || e.Refused() || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestRequests(t *testing.T) {
	t.Parallel()
	for _, inBody := range []bool{false, true} {
		s := &server{}
		web := httptest.NewServer(s)
		t.Cleanup(web.Close)
		var reads atomic.Int32
		o, err := oauth.New(oauth.Config{
			TokenURL: web.URL + "/token?p=1", ClientID: "cl:ient", Scopes: []string{"a", "b"}, Params: map[string]string{"audience": "users"}, InBody: inBody,
			ClientSecret: func() (string, error) { return fmt.Sprintf("s&%d", reads.Add(1)), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.Close)
		expect(t, o, "", "token-1")
		expect(t, o, "token-1", "token-2")
		for i, asked := range s.asked {
			basic, body, _ := strings.Cut(asked, " ")
			if !inBody {
				basic, body, _ = strings.Cut(strings.TrimPrefix(asked, "Basic "), " ")
			}
			form, err := url.ParseQuery(body)
			if err != nil {
				t.Fatal(err)
			}
			r := http.Request{Header: http.Header{"Authorization": {"Basic " + basic}}}
			id, secret, _ := r.BasicAuth()
			if inBody {
				id, secret = form.Get("client_id"), form.Get("client_secret")
			} else {
				id, _ = url.QueryUnescape(id)
				secret, _ = url.QueryUnescape(secret)
			}
			if id != "cl:ient" || secret != fmt.Sprintf("s&%d", i+1) {
				t.Errorf("the client is %q with %q", id, secret)
			}
			if form.Get("grant_type") != "client_credentials" || form.Get("scope") != "a b" || form.Get("audience") != "users" || form.Has("client_secret") != inBody {
				t.Errorf("the form is %v", form)
			}
		}
	}
}
