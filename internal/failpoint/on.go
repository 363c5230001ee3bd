//go:build failpoint

package failpoint

import (
	"os"
	"strings"
	"syscall"
)

// Enabled says whether this build can be stopped.
const Enabled = true

var armed = os.Getenv("LOADERLINE_FAILPOINT")

// Hit stops the process where the file says so.
func Hit(p Point) {
	if armed == "" {
		return
	}
	text, err := os.ReadFile(armed)
	if err != nil {
		return
	}
	point, action, _ := strings.Cut(string(text), " ")
	if point != string(p) || os.Remove(armed) != nil {
		return // Only who removes the file is stopped.
	}
	if action == "stop" {
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}
