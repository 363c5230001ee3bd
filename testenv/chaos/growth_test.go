package chaos

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// used is half an hour of samples of a process that leaks so much in that time, with waves, noise and a fault now and then.
func used(leaks Usage) []Usage {
	random := rand.New(rand.NewPCG(1, 1))
	samples := make([]Usage, 900)
	for i := range samples {
		part := float64(i) / float64(len(samples))
		wave := float64(i%30) / 30
		u := Usage{
			At:         2 * float64(i),
			Heap:       (60+8*wave+3*random.NormFloat64())*(1<<20) + part*leaks.Heap,
			Goroutines: 80 + float64(random.IntN(6)) + part*leaks.Goroutines,
			Files:      40 + float64(random.IntN(3)) + part*leaks.Files,
		}
		if i%50 < 4 {
			u.Heap, u.Goroutines, u.Files = u.Heap*2, u.Goroutines+40, u.Files-10
		}
		if i < 100 {
			u.Heap *= float64(i) / 100 // The caches fill.
		}
		samples[i] = u
	}
	return samples
}

func TestGrowths(t *testing.T) {
	for _, tt := range []struct {
		name  string
		leaks Usage
		grows []string
	}{
		{name: "nothing leaks"},
		{name: "less than it came to hold", leaks: Usage{Heap: -20 << 20, Goroutines: -20, Files: -20}},
		{name: "memory", leaks: Usage{Heap: 20 << 20}, grows: []string{"live heap MiB"}},
		{name: "goroutines", leaks: Usage{Goroutines: 20}, grows: []string{"goroutines"}},
		{name: "files", leaks: Usage{Files: 12}, grows: []string{"open files"}},
		{name: "everything", leaks: Usage{Heap: 200 << 20, Goroutines: 900, Files: 900}, grows: []string{"live heap MiB", "goroutines", "open files"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, err := growths(used(tt.leaks))
			if err != nil {
				t.Fatal(err)
			}
			var grows []string
			for _, g := range list {
				if !g.Flat {
					grows = append(grows, g.What)
				}
			}
			if diff := cmp.Diff(tt.grows, grows); diff != "" {
				t.Errorf("%s\n%+v", diff, list)
			}
		})
	}
}

func TestGrowthsOfTooFewSamples(t *testing.T) {
	if _, err := growths(used(Usage{})[:2*minSamples-1]); err == nil {
		t.Error("a slope is told from too few samples")
	}
}

func TestReadUsage(t *testing.T) {
	lines := []string{
		"# TYPE go_goroutines gauge", "go_goroutines 81", "go_gc_gogc_percent 100", "go_memstats_next_gc_bytes 8.388608e+06",
		"process_open_fds 40", "process_resident_memory_bytes 5e+07", `loaderline_records_total{outcome="enriched"} 7`,
	}
	got, err := readUsage(strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Usage{Heap: 4 << 20, Goroutines: 81, Files: 40, Resident: 5e7}, got); diff != "" {
		t.Error(diff)
	}
	for i := 1; i < 6; i++ {
		if _, err := readUsage(strings.NewReader(strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "\n"))); err == nil {
			t.Errorf("metrics without %q are taken", lines[i])
		}
	}
}
