package doctest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	_ "github.com/loaderline/loaderline/internal/pipeline/all" // Tests use sources of all kinds.
	"github.com/loaderline/loaderline/testenv"
)

// root is the module's folder.
const root = "../.."

// TestMain builds the program, and puts it first where commands are looked for.
func TestMain(m *testing.M) {
	testenv.AtOnce(6)
	testenv.Main(withProgram{m})
}

type withProgram struct{ *testing.M }

// Run implements goleak.TestingM.
func (m withProgram) Run() int {
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "loaderline-docs-")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // What is left is in a temporary folder.
	build := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-s -w", "-o", filepath.Join(dir, "loaderline"), "./cmd/loaderline")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fail(fmt.Errorf("build the program: %w\n%s", err, out))
	}
	if err := os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		return fail(err)
	}
	return m.M.Run()
}
