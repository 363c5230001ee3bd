package deadletter

import (
	"os"
	"regexp"
	"strconv"
	"syscall"
)

var mapped = regexp.MustCompile(`(?m)^VmData:\s+(\d+) kB$`)

// limitMemory bounds what the process may map beyond what it has mapped. The kernel refuses more, which the Go runtime takes for
// the end.
func limitMemory(size uint64) error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	if found := mapped.FindSubmatch(status); found != nil {
		now, err := strconv.ParseUint(string(found[1]), 10, 64)
		if err != nil {
			return err
		}
		size += now << 10
	}
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: size, Max: size})
}
