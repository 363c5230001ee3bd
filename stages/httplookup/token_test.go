package httplookup_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// issuer issues t1, t2 and so on, a new one for each that was refused.
func issuer(issued *atomic.Int32) func(context.Context, lookup.Secret) (lookup.Secret, error) {
	issued.Store(1)
	return func(_ context.Context, refused lookup.Secret) (lookup.Secret, error) {
		if n := issued.Load(); string(refused) == fmt.Sprint("t", n) {
			issued.CompareAndSwap(n, n+1)
		}
		return lookup.Secret(fmt.Sprint("t", issued.Load())), nil
	}
}

func TestATokenThatIsRefusedIsRenewedOnce(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		accepts string
		asked   string
		want    string
	}{
		{"t1", "t1", "loaded"},
		{"t2", "t1 t2", "loaded"},
		{"t3", "t1 t2", "failed"},
	} {
		var asked []string
		var issued atomic.Int32
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			asked = append(asked, token)
			if token != tc.accepts {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			says(`[{"id":1}]`)(w, r)
		})
		l := prepare(t, open(t, httplookup.Config{URL: url, Token: issuer(&issued)}), httplookup.Query{})
		b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1"})
		err := l.Load(t.Context(), b)
		got := b.Result(0).State.String()
		if err != nil {
			got = "failed"
			if e, ok := errors.AsType[lookup.Error](err); !ok || e.Code() != "401" || stages.ClassOf(err) != stages.Fatal {
				t.Errorf("%s: class %d: %v", tc.accepts, stages.ClassOf(err), err)
			}
		}
		if got != tc.want || strings.Join(asked, " ") != tc.asked {
			t.Errorf("%s is accepted: %s after %v, want %s after %s", tc.accepts, got, asked, tc.want, tc.asked)
		}
	}
}

// tokenError is why there is no token.
type tokenError struct{}

func (tokenError) Error() string             { return "no token: busy" }
func (tokenError) Code() string              { return "503" }
func (tokenError) RetryAfter() time.Duration { return 7 * time.Second }

func TestRequestsWithoutATokenAreNotSent(t *testing.T) {
	t.Parallel()
	url := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	for _, class := range []stages.Class{stages.Transient, stages.Fatal} {
		client := open(t, httplookup.Config{URL: url, Token: func(context.Context, lookup.Secret) (lookup.Secret, error) {
			return "", stages.WithClass(tokenError{}, class)
		}})
		e := fails(t, prepare(t, client, httplookup.Query{}), class, "503")
		if e.Error() != "no token: busy" || rest(e) != 7*time.Second {
			t.Errorf("%v, RetryAfter %v", e, rest(e))
		}
		if err := client.Ping(t.Context()); err == nil || stages.ClassOf(err) != class {
			t.Errorf("Ping: class %d: %v, want class %d", stages.ClassOf(err), err, class)
		}
	}
	_, err := httplookup.Open(t.Context(), httplookup.Config{URL: url, Header: map[string]lookup.Secret{"authorization": "canary"}, Token: issuer(new(atomic.Int32))})
	if err == nil || !strings.Contains(err.Error(), "leave out one of them") || strings.Contains(err.Error(), "canary") {
		t.Errorf("Open with two values of Authorization: %v", err)
	}
}
