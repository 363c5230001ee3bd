package redistier_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
)

// BenchmarkTier does what one micro-batch may do, with 5,000 keys of 500 B.
func BenchmarkTier(b *testing.B) {
	one, _, _, _ := two(b)
	keys, entries := make([]string, 5000), make([]cachetier.Entry, 5000)
	for i := range keys {
		keys[i], entries[i] = fmt.Sprint("user-", i), entry(strings.Repeat("x", 500), time.Now())
	}
	for name, do := range map[string]func(){
		"Set":        func() { one.Set(b.Context(), space, keys, entries) },
		"Get":        func() { one.Get(b.Context(), space, keys, func(int, cachetier.Entry) {}) },
		"Invalidate": func() { one.Invalidate(b.Context(), space, keys) },
	} {
		b.Run(name, func(b *testing.B) {
			one.Set(b.Context(), space, keys, entries)
			b.ReportAllocs()
			for b.Loop() {
				do()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(len(keys)), "µs/key")
		})
	}
}
