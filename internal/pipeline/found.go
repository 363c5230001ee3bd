package pipeline

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/stages"
)

// Found is what a stage has for one event.
type Found struct {
	Rows  int
	Tiers []string      // the tiers of the cache that answered
	Age   time.Duration // of the oldest answer from the cache
	Stale time.Duration // how old the oldest row is that was served past its time
	// Versions are the times for which the rows are valid, of a stage with versions.
	Versions []Bounds
	// Skipped says that the stage did not run for the event, by its condition or by that of a stage before.
	Skipped bool
}

// Bounds are the time for which a version is valid: from From on, and until To. nil is open.
type Bounds struct {
	From *time.Time `json:"from"`
	To   *time.Time `json:"to"`
}

// Found says what each stage has for an event, in the order of the file.
func (p *Pipeline) Found(row stages.Row[jsonenrich.Document]) []Found {
	all := make([]Found, len(p.nodes))
	for i, n := range p.nodes {
		if !n.List {
			r := n.result.One.Of(row)
			all[i].add(n, r, p.tierOf(r.Tier))
			continue
		}
		list := n.result.Each.Of(row)
		all[i].Skipped = errors.Is(list.Err, stages.ErrSkipped)
		if list.State == stages.Loaded {
			for j := range list.Value.Len() {
				_, element := list.Value.At(j)
				all[i].add(n, element, p.tierOf(element.Tier))
			}
		}
	}
	return all
}

// tierOf returns the name of a tier, by stages.Result.Tier; empty if that is no tier.
func (p *Pipeline) tierOf(tier uint8) string {
	switch tier {
	case 0:
		return ""
	case 1:
		return cachetier.MemoryName
	default:
		return p.allTiers[tier-2].Name()
	}
}

// add counts the result of one key.
func (f *Found) add(n *node, r stages.Result[*jsonenrich.Fragment], tier string) {
	if tier != "" && !slices.Contains(f.Tiers, tier) {
		f.Tiers = append(f.Tiers, tier)
	}
	if !r.Stale {
		f.Age = max(f.Age, r.Age)
	}
	f.Skipped = f.Skipped || errors.Is(r.Err, stages.ErrSkipped)
	if r.State != stages.Loaded {
		return
	}
	if r.Stale {
		f.Stale = max(f.Stale, r.Age)
	}
	if from, to, is := r.Value.Valid(); is {
		f.Versions = append(f.Versions, Bounds{From: known(from), To: known(to)})
	}
	if n.Many {
		f.Rows += elements(r.Value.JSON())
	} else {
		f.Rows++
	}
}

// known returns a bound, nil if it is open.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// elements is the length of a list.
func elements(list []byte) int {
	d := jsontext.NewDecoder(bytes.NewReader(list))
	if _, err := d.ReadToken(); err != nil {
		return 0
	}
	n := 0
	for d.PeekKind() != ']' {
		if d.SkipValue() != nil {
			return n
		}
		n++
	}
	return n
}
