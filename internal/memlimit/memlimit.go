// Package memlimit finds how much memory the container or service allows to this process, and how much the garbage
// collector may take beside what is in use.
package memlimit

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Share of the limit that the heap may have: the rest is for what the Go runtime does not count.
const Share = 0.9

// GCPercent is how much more than the live heap may be allocated before the garbage collector runs, as debug.SetGCPercent
// takes it. Whoever gives the cache little memory has little: with 64 MiB and less the collector runs five times as
// often as with 256 MiB and more, which have Go's own 100. docs/benchmark.md has a figure for it.
func GCPercent(cacheBytes int64) int {
	const (
		small, large = 64 << 20, 256 << 20
		least, most  = 20, 100
	)
	cacheBytes = min(max(cacheBytes, small), large)
	return least + int((most-least)*(cacheBytes-small)/(large-small))
}

// Cgroup is the least memory limit in bytes of this process's control group and those above it, and whether there is
// one. root is the file system's root.
func Cgroup(root fs.FS) (limit int64, limited bool) {
	consider := func(file string) {
		text, err := fs.ReadFile(root, file)
		if err != nil {
			return
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		// Version 1 says a number near the largest one where it has no limit; version 2 says max.
		if err == nil && n > 0 && n < 1<<60 && (!limited || n < limit) {
			limit, limited = n, true
		}
	}
	groups, _ := fs.ReadFile(root, "proc/self/cgroup") // Without it the root group is all there is to ask.
	for line := range strings.Lines(string(groups)) {
		id, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		group = strings.TrimPrefix(path.Clean("/"+group), "/")
		for ; group != "" && group != "."; group = path.Dir(group) {
			switch {
			case id == "0":
				consider(path.Join("sys/fs/cgroup", group, "memory.max"))
			case controllers == "memory":
				consider(path.Join("sys/fs/cgroup/memory", group, "memory.limit_in_bytes"))
			}
		}
	}
	consider("sys/fs/cgroup/memory.max")
	consider("sys/fs/cgroup/memory/memory.limit_in_bytes")
	return limit, limited
}
