package chaos

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// status is a line of the process's /proc/PID/status.
func (m *member) status(name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cmd == nil {
		return "", os.ErrProcessDone
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.cmd.Process.Pid))
	if err != nil {
		return "", err
	}
	line := regexp.MustCompile(`(?m)^` + name + `:\s+(.*)$`).FindSubmatch(text)
	if line == nil {
		return "", fmt.Errorf("/proc/PID/status has no %s", name)
	}
	return string(line[1]), nil
}

// notePeak takes down the most memory that the process has used.
func (m *member) notePeak() {
	text, err := m.status("VmHWM")
	if err != nil {
		return
	}
	if kib, err := strconv.ParseInt(strings.TrimSuffix(text, " kB"), 10, 64); err == nil {
		m.peak = max(m.peak, kib<<10)
	}
}
