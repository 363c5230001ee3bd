package counterpart_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/loaderline/loaderline/testenv"
	"github.com/loaderline/loaderline/testenv/counterpart"
)

func TestMain(m *testing.M) { testenv.Main(withPrograms{m}) }

// programs are those that tests have started, by their language. They serve one test after the other.
var programs = map[string]*counterpart.Program{}

// withPrograms ends the programs when the tests have run.
type withPrograms struct{ *testing.M }

func (w withPrograms) Run() int {
	code := w.M.Run()
	for language, p := range programs {
		if err := p.Close(); err != nil {
			fmt.Fprintln(os.Stderr, language, "did not end well:", err)
			code = max(code, 1)
		}
	}
	return code
}

// started returns the program in a language, over the broker and the registry that all tests share.
func started(t *testing.T, language string, start func(ctx context.Context, broker, registry string) (*counterpart.Program, error)) *counterpart.Program {
	t.Helper()
	if p, ok := programs[language]; ok {
		return p
	}
	p, err := start(t.Context(), testenv.Kafka(t), testenv.Registry(t))
	if err != nil {
		t.Fatal(err)
	}
	programs[language] = p
	return p
}
