package redislookup_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/redislookup"
	"github.com/loaderline/loaderline/testenv"
)

// service is a Redis of the test's own.
func service(t *testing.T) *testenv.Service {
	t.Helper()
	return testenv.Own(t, testenv.StartRedis)
}

// fails asks for one key and expects an *Error of a class and, where there is one, a code.
func fails(t *testing.T, l lookupext.Source, class stages.Class, code string) lookup.Error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{`"canarykey"`})
	err := l.Load(ctx, b)
	e, ok := errors.AsType[lookup.Error](err)
	if !ok || stages.ClassOf(err) != class || e.Code() != code {
		t.Fatalf("class %d: %v; want class %d and code %q", stages.ClassOf(err), err, class, code)
	}
	if r := b.Result(0); r.State == stages.Loaded {
		t.Errorf("the key is loaded all the same: %s", r.Value)
	}
	for _, secret := range []string{"canary", "127.0.0.1", "10.0.0.1"} {
		if strings.Contains(e.Error(), secret) {
			t.Errorf("the error holds %q: %v", secret, e)
		}
	}
	return e
}

func TestPausedRestartedAndFull(t *testing.T) {
	t.Parallel()
	s := service(t)
	w := writer(t, s.Address())
	client := open(t, redislookup.Config{Addrs: []string{s.Address()}, Timeout: 300 * time.Millisecond})
	l := prepare(t, client, redislookup.Query{Key: "user:$key"})
	w.Set(t.Context(), "user:1", "here", 0)
	here := func() stages.State { t.Helper(); return load(t, l, `"1"`).Result(0).State }
	if here() != stages.Loaded {
		t.Fatal("the key is not there")
	}

	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if e := fails(t, l, stages.Transient, ""); !strings.HasSuffix(e.Error(), "no answer in time") {
		t.Errorf("a paused server: %v", e)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("a call of a paused server took %v", took)
	}
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	if here() != stages.Loaded {
		t.Error("the key is gone after the pause")
	}

	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = fails(t, l, stages.Transient, "")
	if err := client.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), s.Address()) {
		t.Errorf("Ping of a dead server: %v, want an error that names it", err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := here(); got != stages.Missing {
		t.Errorf("a key of an empty server is %v, want missing", got)
	}

	w.Set(t.Context(), "user:1", "again", 0)
	if err := w.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	if here() != stages.Loaded {
		t.Error("a full server's key is not loaded")
	}
	w.ConfigSet(t.Context(), "maxmemory-policy", "allkeys-lru")
	w.Set(t.Context(), "other", "x", 0) // Whatever it answers, it evicts.
	if got, there := here(), w.Exists(t.Context(), "user:1").Val(); (got == stages.Loaded) != (there == 1) {
		t.Errorf("the key is %v, and the server has %d of it", got, there)
	}
}

func TestIdleConnectionsThatDiedAreNotUsed(t *testing.T) {
	t.Parallel()
	s := service(t)
	w := writer(t, s.Address())
	l := prepare(t, open(t, redislookup.Config{Addrs: []string{s.Address()}}), redislookup.Query{Key: "$key"})
	load(t, l, `"1"`)
	killed, err := w.ClientKillByFilter(t.Context(), "TYPE", "normal", "SKIPME", "yes").Result()
	if err != nil || killed != 1 {
		t.Fatalf("%d connections were ended: %v", killed, err)
	}
	load(t, l, `"1"`)
}

func TestAnswersThatBreakOff(t *testing.T) {
	t.Parallel()
	s := newScripted(t, func(command []string) string {
		switch {
		case !strings.EqualFold(command[0], "get"):
			return "-ERR unknown command\r\n"
		case command[1] == "1":
			return bulk("whole")
		case command[1] == "2":
			return "$-1\r\n"
		case command[1] == "3":
			return "$100\r\nhalf" // And then nothing.
		}
		return ""
	})
	l := prepare(t, open(t, redislookup.Config{Addrs: []string{s.address}, Timeout: 200 * time.Millisecond}), redislookup.Query{Key: "$key"})
	b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{`"1"`, `"2"`, `"3"`, `"4"`})
	err := l.Load(t.Context(), b)
	if err == nil || stages.ClassOf(err) != stages.Transient {
		t.Errorf("Load: %v, want a transient error", err)
	}
	for i := 2; i < 4; i++ {
		if r := b.Result(i); r.State == stages.Loaded {
			t.Errorf("key %s is loaded: %s", b.Keys[i], r.Value)
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	_, w, prefix := shared(t)
	client := open(t, redislookup.Config{Addrs: []string{testenv.Redis(t)}, MaxAnswerBytes: 1 << 20})
	l := prepare(t, client, redislookup.Query{Key: prefix + "$key", KeyType: []string{"bigint"}})
	var keys []lookup.Key
	for i := range 100 {
		keys = append(keys, lookup.Key(fmt.Sprint(i)))
		w.Set(t.Context(), prefix+fmt.Sprint(i), strings.Repeat("x", 100_000), 0)
	}
	b := stages.NewBatch[lookup.Key, []byte](keys)
	err := l.Load(t.Context(), b)
	if stages.ClassOf(err) != stages.Permanent || !strings.Contains(err.Error(), "lower max_keys") {
		t.Errorf("Load: %v, want a permanent error that says to lower max_keys", err)
	}
	if r := b.Result(99); r.State == stages.Loaded {
		t.Errorf("the last key is loaded beyond the limit: %d bytes", len(r.Value))
	}
	for range 3 { // Each call has the whole bound, also on a connection that was used before.
		load(t, l, keys[:9]...)
	}
}
