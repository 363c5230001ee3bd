package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

func TestErrors(t *testing.T) {
	placed := &pipelinefile.Error{File: "p.yaml", Line: 3, Column: 5, Key: "stages.user.by", Message: "is wrong"}
	missing := &consumer.TopicMissingError{Topics: []string{"a"}}
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
		"Kafka is away":             {&consumer.UnreachableError{Brokers: []string{"k:9"}, Op: "connect", Err: errors.New("refused")}, exitUnreachable, []string{"loaderline: kafka at k:9: connect: refused"}},
		"reported, with its cause":  {&reportedError{text: "1 of 2 failed", err: errors.Join(missing, placed)}, exitUsage, []string{"loaderline: 1 of 2 failed"}},
		"a missing topic":           {(&loaded{path: "p.yaml"}).hinted(missing), exitUnreachable, []string{"loaderline: Kafka has no topic a; correct the name, or create what is missing: loaderline check p.yaml --connect --create-topics"}},
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
