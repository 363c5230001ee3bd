package chaos

import (
	"fmt"
	"slices"
)

// Growth is how much of something a process came to hold over the second half of a round.
type Growth struct {
	What    string  `json:"what"`
	Median  float64 `json:"median"`
	Growth  float64 `json:"growth"`
	Allowed float64 `json:"allowed"`
	Flat    bool    `json:"flat"`
}

// measure is something that must not grow.
type measure struct {
	what string
	of   func(Usage) float64
	unit float64
	// least is a growth that is always allowed: what comes and goes with the current work.
	least float64
}

var measures = []measure{
	{what: "live heap MiB", of: func(u Usage) float64 { return u.Heap }, unit: 1 << 20, least: 4},
	{what: "goroutines", of: func(u Usage) float64 { return u.Goroutines }, unit: 1, least: 4},
	{what: "open files", of: func(u Usage) float64 { return u.Files }, unit: 1, least: 4},
}

// minSamples are needed to tell a slope from noise.
const minSamples = 20

// growths judges the second half of the samples: the first is for caches and buffers to fill.
func growths(samples []Usage) ([]Growth, error) {
	if len(samples) < 2*minSamples {
		return nil, fmt.Errorf("%d samples are too few to tell whether memory grows: want %d, and run for longer", len(samples), 2*minSamples)
	}
	half := samples[len(samples)/2:]
	lasted := half[len(half)-1].At - half[0].At
	list := make([]Growth, len(measures))
	for i, m := range measures {
		at, values := make([]float64, len(half)), make([]float64, len(half))
		for j, u := range half {
			at[j], values[j] = u.At, m.of(u)/m.unit
		}
		g := Growth{What: m.what, Median: median(slices.Clone(values)), Growth: slope(at, values) * lasted}
		g.Allowed = max(m.least, g.Median/10)
		g.Flat = g.Growth <= g.Allowed
		list[i] = g
	}
	return list, nil
}

// slope is that of Theil and Sen: the median of the slopes between all pairs. Neither the waves of a cache nor what
// piles up during a fault bends it.
func slope(at, values []float64) float64 {
	var slopes []float64
	for i := range at {
		for j := range i {
			if at[i] > at[j] {
				slopes = append(slopes, (values[i]-values[j])/(at[i]-at[j]))
			}
		}
	}
	return median(slopes)
}

// median sorts what it is given.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}
