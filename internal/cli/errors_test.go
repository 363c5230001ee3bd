package cli

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

func TestErrors(t *testing.T) {
	placed := &strictyaml.Error{File: "p.yaml", Line: 3, Column: 5, Key: "stages.user.by", Message: "is wrong"}
	missing := &kafkaerr.TopicMissingError{Topics: []string{"a"}}
	for name, test := range map[string]struct {
		err   error
		code  int
		lines []string
	}{
		"a failure":                 {errors.New("boom"), ExitFailed, []string{"loaderline: boom"}},
		"several lines become one":  {fmt.Errorf("%s", "boom\ncrash\n"), ExitFailed, []string{"loaderline: boom; crash"}},
		"a place in a file":         {placed, ExitUsage, []string{"p.yaml:3:5: stages.user.by: is wrong"}},
		"a joined list":             {errors.Join(placed, errors.New("boom")), ExitUsage, []string{"p.yaml:3:5: stages.user.by: is wrong", "loaderline: boom"}},
		"a list in a list":          {errors.Join(errors.Join(placed, placed), nil), ExitUsage, []string{"p.yaml:3:5: stages.user.by: is wrong", "p.yaml:3:5: stages.user.by: is wrong"}},
		"wrapping two is one error": {fmt.Errorf("%w: %w", errors.New("a"), errors.New("b")), ExitFailed, []string{"loaderline: a: b"}},
		"a default's problem":       {&strictyaml.Error{File: "p.yaml", Key: "http.listen", Message: "is taken"}, ExitUsage, []string{"p.yaml: http.listen: is taken"}},
		"Kafka is away":             {&kafkaerr.UnreachableError{Brokers: []string{"k:9"}, Op: "connect", Err: errors.New("refused")}, ExitUnreachable, []string{"loaderline: kafka at k:9: connect: refused"}},
		"reported, with its cause":  {&ReportedError{Text: "1 of 2 failed", Err: errors.Join(missing, placed)}, ExitUsage, []string{"loaderline: 1 of 2 failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ExitCode(test.err); got != test.code {
				t.Errorf("exit code %d, want %d", got, test.code)
			}
			if diff := cmp.Diff(test.lines, ErrorLines(test.err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
