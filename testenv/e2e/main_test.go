package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/loaderline/loaderline/testenv"
)

// binary is the command under test, built once.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "loaderline-e2e")
	if err == nil {
		binary = filepath.Join(dir, "loaderline")
		build := exec.Command("go", "build", "-o", binary, "github.com/loaderline/loaderline/cmd/loaderline")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "building the command:", err)
		os.Exit(1)
	}
	testenv.Main(withCleanup{m, dir})
}

// withCleanup removes the binary when the tests have run.
type withCleanup struct {
	*testing.M
	dir string
}

func (c withCleanup) Run() int {
	defer os.RemoveAll(c.dir) //nolint:errcheck // A folder that stays in a temporary place fails nothing.
	return c.M.Run()
}
