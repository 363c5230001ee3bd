package memlimit_test

import (
	"testing"
	"testing/fstest"

	"github.com/loaderline/loaderline/internal/memlimit"
)

func TestCgroup(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  int64 // 0 is no limit
	}{
		"no control groups":      {nil, 0},
		"a container":            {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "536870912\n"}, 536870912},
		"no limit":               {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, 0},
		"a service":              {map[string]string{"proc/self/cgroup": "0::/system.slice/a.service\n", "sys/fs/cgroup/system.slice/a.service/memory.max": "1000000\n"}, 1000000},
		"a lower limit above it": {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": "1000000\n", "sys/fs/cgroup/a/b/memory.max": "2000000\n"}, 1000000},
		"version 1":              {map[string]string{"proc/self/cgroup": "5:cpu:/x\n4:memory:/x\n", "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "3000000\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 3000000},
	} {
		t.Run(name, func(t *testing.T) {
			root := fstest.MapFS{}
			for file, text := range test.files {
				root[file] = &fstest.MapFile{Data: []byte(text)}
			}
			limit, limited := memlimit.Cgroup(root)
			if limit != test.want || limited != (test.want > 0) {
				t.Errorf("limit %d (%v), want %d", limit, limited, test.want)
			}
		})
	}
}

func TestGCPercent(t *testing.T) {
	for mib, want := range map[int64]int{1: 20, 64: 20, 160: 60, 256: 100, 4096: 100} {
		if got := memlimit.GCPercent(mib << 20); got != want {
			t.Errorf("%d MiB: %d, want %d", mib, got, want)
		}
	}
}
