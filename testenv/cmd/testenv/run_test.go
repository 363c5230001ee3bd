package main

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRunOverExitsAsItsCommandDoes(t *testing.T) {
	for script, want := range map[string]int{
		"exit 0":                       0,
		"exit 7":                       7,
		`[ "$WORD" = here ] || exit 3`: 0,
		"kill -TERM $$; sleep 60":      128 + 15,
	} {
		err := runOver(t.Context(), []string{"WORD=here"}, []string{"sh", "-c", script})
		if got := exitCode(err); got != want {
			t.Errorf("%q: exit code %d, want %d", script, got, want)
		}
	}
}

func TestRunOverHandsSignalsOn(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	ended := make(chan error, 1)
	go func() {
		script := `trap 'exit 9' TERM; touch "$READY"; while :; do sleep 0.05; done`
		ended <- runOver(t.Context(), []string{"READY=" + ready}, []string{"sh", "-c", script})
	}()
	for {
		if _, err := os.Stat(ready); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := exitCode(<-ended); code != 9 {
		t.Errorf("exit code %d, want the trap's 9", code)
	}
}

func TestRunWantsACommand(t *testing.T) {
	root := rootCommand()
	root.SetArgs([]string{"run"})
	root.SetErr(&bytes.Buffer{})
	if err := root.ExecuteContext(t.Context()); err == nil {
		t.Error("run without a command was taken")
	}
}

func TestQuoted(t *testing.T) {
	if got, want := quoted("A=b c'd=e"), `A='b c'\''d=e'`; got != want {
		t.Errorf("quoted is %s, want %s", got, want)
	}
}
