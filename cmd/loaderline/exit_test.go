package main

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// A port that is taken is said where the file names it, and without a place where it does not.
func TestWrongListen(t *testing.T) {
	taken := fmt.Errorf("cannot listen: %w", syscall.EADDRINUSE)
	const file = `kafka: {brokers: ["localhost:9092"]}
input: {topics: [events], group: enrich}
sources: {shop: {sql: {driver: sqlite, dsn: shop.db}}}
stages: {user: {source: shop, by: event.user_id, query: "SELECT id FROM users WHERE id IN ($keys)", key: id}}
output: {topic: enriched}
dead_letter: {topic: dead}
`
	for _, test := range []struct {
		http string
		err  error
		want string
	}{
		{``, taken, `p.yaml: http.listen: 127.0.0.1:8080, the default, is taken by another program; add http: {listen: "127.0.0.1:0"} for any port that is free, or http: {listen: ""} for no HTTP`},
		{`http: {listen: ":8080"}`, taken, `p.yaml:7:16: http.listen: :8080 is taken by another program; choose another port, 127.0.0.1:0 for any that is free, or "" for no HTTP`},
		{`http: {listen: "a:8080"}`, errors.New("no such host"), `p.yaml:7:16: http.listen: no such host`},
	} {
		parsed, err := pipelinefile.Parse("p.yaml", []byte(file+test.http), pipelinefile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := wrongListen(parsed, test.err).Error(); got != test.want {
			t.Errorf("%s\nwant %s", got, test.want)
		}
	}
}

// What a run ends with goes where its log goes.
func TestNoKeyIsInTheErrorOfARun(t *testing.T) {
	words := []string{"user", "SELECT id FROM users WHERE id = ANY($keys)"}
	said := errors.New(`relation "users" does not exist, nor "canary-21" for canary-22 (SQLSTATE 42P01)`)
	for name, err := range map[string]error{
		"fatal":          &loaderr.FatalError{Loader: "user", Err: said},
		"of two workers": errors.Join(&loaderr.FatalError{Loader: "user", Err: said}, &loaderr.FatalError{Loader: "user", Err: said}),
		"of a key":       fmt.Errorf("stage user: %w", &loaderr.KeyError{Err: said}),
	} {
		got := withoutKeys(err, words)
		if text := strings.Join(cli.ErrorLines(got), "\n"); strings.Contains(text, "canary") || !strings.Contains(text, `relation "users" does not exist, nor … for … (SQLSTATE 42P01)`) || !errors.Is(got, said) {
			t.Errorf("%s: %s", name, text)
		}
	}
	if other := errors.New("Kafka has no topic canary"); withoutKeys(other, words).Error() != other.Error() {
		t.Error("an error of no source is changed")
	}
}
