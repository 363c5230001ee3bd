// Package memlimit sets how much memory the Go runtime uses, and how much its garbage collector may take beside what is
// in use.
package memlimit

import (
	"math"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// Share of the memory limit that the heap may have: the rest is for what the Go runtime does not count.
const Share = 0.9

// Set sets the Go runtime's soft memory limit to Share of the limit in bytes that find returns, and to most if that is less, and
// returns what it set in bytes. 0 for most stands for no bound. Where the environment has GOMEMLIMIT, it sets nothing and returns 0. If
// find returns an error, such as automemlimit's ErrNoLimit where memory is not limited, it sets most, or nothing and returns the error.
//
// It does not call automemlimit's own Set, which takes the share from AUTOMEMLIMIT where the environment has it.
func Set(find memlimit.Provider, most int64) (int64, error) {
	if _, set := os.LookupEnv("GOMEMLIMIT"); set {
		return 0, nil
	}
	share, err := memlimit.ApplyRatio(find, Share)()
	switch {
	case err != nil && most == 0:
		return 0, err
	case err != nil:
		share = math.MaxInt64
	}
	limit := int64(min(share, math.MaxInt64))
	if most > 0 {
		limit = min(limit, most)
	}
	debug.SetMemoryLimit(limit)
	return limit, nil
}

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
