package failpoint_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A program that passes a point dies where it was built for that and told to, and nowhere else.
func TestHit(t *testing.T) {
	for _, tags := range []string{"", "failpoint"} {
		binary := filepath.Join(t.TempDir(), "program")
		if out, err := exec.Command("go", "build", "-tags", tags, "-o", binary, "./testdata/program").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, tt := range []struct {
			armed string
			dies  bool
		}{
			{"", false},
			{"after-flush", false},
			{"after-poll", tags == "failpoint"},
		} {
			file := filepath.Join(t.TempDir(), "armed")
			if tt.armed != "" {
				if err := os.WriteFile(file, []byte(tt.armed), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command(binary)
			cmd.Env = append(os.Environ(), "LOADERLINE_FAILPOINT="+file)
			out, _ := cmd.CombinedOutput()
			status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
			if killed := status.Signaled() && status.Signal() == syscall.SIGKILL; killed != tt.dies || strings.Contains(string(out), "passed") == tt.dies {
				t.Errorf("tags %q, armed %q: %v, prints %q", tags, tt.armed, cmd.ProcessState, out)
			}
		}
	}
}
