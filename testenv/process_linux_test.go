package testenv

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A paused process does nothing any more when pause returns, however many threads are at work.
func TestPauseWaitsUntilAllThreadsHaveStopped(t *testing.T) {
	if os.Getenv("TESTENV_BUSY") != "" {
		for range 64 {
			go func() {
				for {
					time.Sleep(time.Microsecond)
					_, _ = os.ReadFile("/proc/self/stat")
				}
			}()
		}
		select {}
	}
	t.Parallel()
	busy, err := command{
		path: os.Args[0], args: []string{"-test.run=^TestPauseWaitsUntilAllThreadsHaveStopped$"}, dir: t.TempDir(),
		env: []string{"TESTENV_BUSY=1"}, death: syscall.SIGKILL, log: filepath.Join(t.TempDir(), "log"),
	}.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer busy.kill()
	for i := range 200 {
		if err := busy.pause(); err != nil {
			t.Fatal(err)
		}
		if !stopped(busy.pid) {
			t.Fatalf("pause %d returned while a thread ran", i+1)
		}
		if err := busy.signalTree(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
}
