package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/loaderline/loaderline/testenv"
)

// folder is where the command under test is built.
var folder string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "loaderline-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	folder = dir
	testenv.Main(withCleanup{m})
}

// withCleanup removes the binary when the tests have run.
type withCleanup struct{ *testing.M }

func (c withCleanup) Run() int {
	defer os.RemoveAll(folder) //nolint:errcheck // A folder that stays in a temporary place fails nothing.
	return c.M.Run()
}

// build builds the command under test once.
var build = sync.OnceValues(func() (path string, err error) {
	path = filepath.Join(folder, "loaderline")
	out, err := exec.Command("go", "build", "-o", path, "github.com/loaderline/loaderline/cmd/loaderline").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("building the command: %w\n%s", err, out)
	}
	return path, err
})

// binary returns the path of the command under test.
func binary(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
