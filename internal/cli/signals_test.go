package cli

import (
	"os"
	"syscall"
	"testing"
	"time"
)

func TestTheSecondSignalExitsAtOnce(t *testing.T) {
	exits := make(chan int, 1)
	ctx, stop := Interruptible(t.Context(), func(code int) { exits <- code })
	defer stop()
	kill := func() {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	kill()
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the first signal did not end the context")
	}
	select {
	case code := <-exits:
		t.Fatalf("the first signal exited with %d", code)
	default:
	}
	kill()
	select {
	case code := <-exits:
		if code != ExitFailed {
			t.Fatalf("exit code %d, want %d", code, ExitFailed)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the second signal did not exit")
	}
}
