package testenv

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// setDeathSignal has the kernel send sig to the child when its parent ends, however that ends.
func setDeathSignal(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }

// stopped reports whether all threads of a process are stopped. One that has ended is.
func stopped(pid int) bool {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, file := range files {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // It has ended.
		}
		// The name of a thread is in parentheses, and may hold some itself.
		if _, rest, _ := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" ")); len(rest) > 0 && !bytes.ContainsRune([]byte("TtZX"), rune(rest[0])) {
			return false
		}
	}
	return true
}
