package plan

import (
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/pipeline"
)

// Batch is what one micro-batch costs.
type Batch struct {
	MaxRecords int `json:"max_records"`
	// RoundTrips are the stages by how many have to end before. Stages of one round trip run side by side.
	RoundTrips [][]string `json:"round_trips"`
}

// Calls are what a stage asks of its source for a full micro-batch, if nothing is cached and nothing fails.
type Calls struct {
	// RoundTrip is how many stages, this one included, run one after the other up to its result.
	RoundTrip int `json:"round_trip"`
	// With are the stages whose keys go out in the same calls.
	With []string `json:"with"`
	// Reuses are the stages that ask the same at another time: what was loaded for them is not asked for again.
	Reuses []string `json:"reuses"`
	// MaxKeys and Max are the keys and calls at most, together with the stages of With; null where the number of keys is
	// that of a list's elements. Then there is one call for each KeysACall. Rows in memory take no call: Max and KeysACall are zero.
	MaxKeys   *int `json:"max_keys"`
	Max       *int `json:"max"`
	KeysACall int  `json:"keys_a_call"`
}

// expect says what calls to expect.
func (p *Plan) expect(layout *pipeline.Layout) {
	p.Batch.MaxRecords = layout.File.Batch.MaxRecords
	for i, s := range layout.Stages {
		source, _ := layout.File.Source(s.Source)
		c := Calls{RoundTrip: 1, With: []string{}, Reuses: []string{}, KeysACall: source.MaxKeys}
		switch {
		case s.Request.One:
			c.KeysACall = 1
		case source.Kind().Local():
			c.KeysACall = 0
		}
		for _, before := range s.Before() {
			c.RoundTrip = max(c.RoundTrip, p.Stages[before].Calls.RoundTrip+1)
		}
		c.count(layout, s)
		p.Stages[i].Calls = c
		if c.RoundTrip > len(p.Batch.RoundTrips) {
			p.Batch.RoundTrips = append(p.Batch.RoundTrips, nil)
		}
		trip := &p.Batch.RoundTrips[c.RoundTrip-1]
		*trip = append(*trip, s.Name)
	}
}

// count finds who shares the stage's calls, and how many there are. Stages that share a loader go out together where
// they wait for the same stages, and so know their keys at one time.
func (c *Calls) count(layout *pipeline.Layout, s *pipeline.Stage) {
	var (
		paths   = map[string]bool{} // stages with equal ones have the same keys
		keys    = 0
		bounded = true
	)
	for _, other := range layout.Stages {
		switch {
		case !s.SharesLoader(other):
			continue
		case !slices.Equal(other.Before(), s.Before()):
			c.Reuses = append(c.Reuses, other.Name)
			continue
		case other != s:
			c.With = append(c.With, other.Name)
		}
		if path := strings.Join(other.Stage.By, "\n"); !paths[path] {
			paths[path] = true
			n, ok := maxKeys(layout, other)
			keys, bounded = keys+n, bounded && ok
		}
	}
	switch {
	case c.KeysACall == 0:
		c.Max = new(int)
	case bounded:
		calls := (keys + c.KeysACall - 1) / c.KeysACall
		c.MaxKeys, c.Max = &keys, &calls
	}
}

// maxKeys is the number of keys of a stage in a micro-batch at most, false where lists decide it.
func maxKeys(layout *pipeline.Layout, s *pipeline.Stage) (int, bool) {
	switch {
	case s.List:
		return 0, false
	case s.Root < 0:
		return layout.File.Batch.MaxRecords, true
	default:
		return maxKeys(layout, layout.Stages[s.Root])
	}
}
