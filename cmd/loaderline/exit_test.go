package main

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
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

func TestErrors(t *testing.T) {
	placed := &strictyaml.Error{File: "p.yaml", Line: 3, Column: 5, Key: "stages.user.by", Message: "is wrong"}
	missing := &kafkaerr.TopicMissingError{Topics: []string{"a"}}
	for name, test := range map[string]struct {
		err   error
		code  int
		lines []string
	}{
		"a failure":                 {errors.New("boom"), exitFailed, []string{"loaderline: boom"}},
		"several lines become one":  {fmt.Errorf("%s", "boom\ncrash\n"), exitFailed, []string{"loaderline: boom; crash"}},
		"a place in a file":         {placed, exitUsage, []string{"p.yaml:3:5: stages.user.by: is wrong"}},
		"a joined list":             {errors.Join(placed, errors.New("boom")), exitUsage, []string{"p.yaml:3:5: stages.user.by: is wrong", "loaderline: boom"}},
		"a list in a list":          {errors.Join(errors.Join(placed, placed), nil), exitUsage, []string{"p.yaml:3:5: stages.user.by: is wrong", "p.yaml:3:5: stages.user.by: is wrong"}},
		"wrapping two is one error": {fmt.Errorf("%w: %w", errors.New("a"), errors.New("b")), exitFailed, []string{"loaderline: a: b"}},
		"a default's problem":       {&strictyaml.Error{File: "p.yaml", Key: "http.listen", Message: "is taken"}, exitUsage, []string{"p.yaml: http.listen: is taken"}},
		"Kafka is away":             {&kafkaerr.UnreachableError{Brokers: []string{"k:9"}, Op: "connect", Err: errors.New("refused")}, exitUnreachable, []string{"loaderline: kafka at k:9: connect: refused"}},
		"reported, with its cause":  {&reportedError{text: "1 of 2 failed", err: errors.Join(missing, placed)}, exitUsage, []string{"loaderline: 1 of 2 failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := exitCode(test.err); got != test.code {
				t.Errorf("exit code %d, want %d", got, test.code)
			}
			if diff := cmp.Diff(test.lines, errorLines(test.err)); diff != "" {
				t.Error(diff)
			}
		})
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
		if text := strings.Join(errorLines(got), "\n"); strings.Contains(text, "canary") || !strings.Contains(text, `relation "users" does not exist, nor … for … (SQLSTATE 42P01)`) || !errors.Is(got, said) {
			t.Errorf("%s: %s", name, text)
		}
	}
	if other := errors.New("Kafka has no topic canary"); withoutKeys(other, words).Error() != other.Error() {
		t.Error("an error of no source is changed")
	}
}
