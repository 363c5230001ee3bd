package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// dieAt has the process killed when it passes a failpoint.
func (m *member) dieAt(ctx context.Context, point string) error {
	ended, err := m.signal(0, true)
	if err != nil {
		return err
	}
	if err := os.WriteFile(m.armed, []byte(point), 0o600); err != nil {
		return err
	}
	select {
	case <-ended:
	case <-ctx.Done():
		return fmt.Errorf("process %s has not passed %s: %w", m.name, point, context.Cause(ctx))
	}
	if exit, ok := errors.AsType[*exec.ExitError](m.err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
			m.kills++
			return nil
		}
	}
	return fmt.Errorf("process %s at %s: %w; see %s", m.name, point, ending(m.err), m.log)
}

// freezeAt has the process stopped when it passes a failpoint, until it is woken.
func (m *member) freezeAt(ctx context.Context, point string) error {
	if err := os.WriteFile(m.armed, []byte(point+" stop"), 0o600); err != nil {
		return err
	}
	for {
		if state, err := m.status("State"); err == nil && strings.HasPrefix(state, "T") {
			return nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("process %s has not passed %s: %w", m.name, point, err)
		}
	}
}

func (m *member) wake() error {
	_, err := m.signal(syscall.SIGCONT, false)
	return err
}
