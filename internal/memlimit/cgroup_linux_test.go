package memlimit_test

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	automemlimit "github.com/KimMachineGun/automemlimit/memlimit"

	"github.com/loaderline/loaderline/internal/memlimit"
)

const (
	version1 = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	version2 = "35 31 0:32 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
)

// TestSetFromCgroup finds limits in file systems as containers and services see them.
func TestSetFromCgroup(t *testing.T) {
	without(t, "GOMEMLIMIT")
	for name, test := range map[string]struct {
		files map[string]string
		want  int64 // 0 is no limit
	}{
		"no control groups": {nil, 0},
		"a container": {map[string]string{
			"proc/self/mountinfo": version2, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "536870912\n",
		}, 483183820},
		"no limit": {map[string]string{
			"proc/self/mountinfo": version2, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n",
		}, 0},
		"a service": {map[string]string{
			"proc/self/mountinfo": version2, "proc/self/cgroup": "0::/system.slice/a.service\n",
			"sys/fs/cgroup/system.slice/a.service/memory.max": "1000000\n",
		}, 900000},
		"a lower limit above it": {map[string]string{
			"proc/self/mountinfo": version2, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/memory.max": "1000000\n", "sys/fs/cgroup/a/b/memory.max": "2000000\n",
		}, 900000},
		"version 1": {map[string]string{
			"proc/self/mountinfo": version1, "proc/self/cgroup": "5:cpu:/x\n4:memory:/x\n",
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "3000000\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 2700000},
		"version 1 without a limit": {map[string]string{
			"proc/self/mountinfo": version1, "proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 0},
		"version 1 with the host's names": {map[string]string{
			"proc/self/mountinfo": "35 31 0:32 /docker/x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", "proc/self/cgroup": "4:memory:/docker/x\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "3000000\n",
		}, 2700000},
	} {
		t.Run(name, func(t *testing.T) {
			keepLimit(t)
			root := t.TempDir()
			for file, text := range test.files {
				write(t, filepath.Join(root, file), text)
			}
			var got int64
			var err error
			if denied := inRoot(root, func() { got, err = memlimit.Set(automemlimit.FromCgroup, 0) }); denied != nil {
				if os.Getenv("CI") != "" {
					t.Fatalf("CI has to have the right to change the root of the file system: %v", denied)
				}
				t.Skipf("changing the root of the file system needs rights: %v", denied)
			}
			if got != test.want || (err == nil) != (test.want > 0) {
				t.Errorf("limit %d, want %d: %v", got, test.want, err)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// inRoot runs f where root is the root of the file system. It needs CAP_SYS_CHROOT, and returns an error without it.
func inRoot(root string, f func()) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // It is never unlocked, so that the thread ends with the goroutine.
		err := syscall.Unshare(syscall.CLONE_FS)
		if err == nil {
			err = syscall.Chroot(root)
		}
		if err == nil {
			f()
		}
		done <- err
	}()
	return <-done
}
