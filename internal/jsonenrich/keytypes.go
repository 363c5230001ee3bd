package jsonenrich

import (
	"errors"
	"slices"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// canonical returns the key of one value.
func (p *keyPath) canonical(raw []byte) (lookup.Key, error) {
	if len(p.learners) == 0 {
		return p.types[0].Canonical(raw)
	}
	types := p.learners[0].Types()
	key, err := types[0].Canonical(raw)
	if err == nil && p.agreed(types) {
		return key, nil
	}
	return p.disputed([][]byte{raw}, key, err)
}

// composite returns the key of several values.
func (p *keyPath) composite(raws [][]byte) (lookup.Key, error) {
	if len(p.learners) == 0 {
		return p.types.Canonical(raws...)
	}
	types := p.learners[0].Types()
	key, err := types.Canonical(raws...)
	if err == nil && p.agreed(types) {
		return key, nil
	}
	return p.disputed(raws, key, err)
}

// agreed reports whether all stages that share the path have these types, as they had at the start.
func (p *keyPath) agreed(types lookupkey.Types) bool {
	for _, l := range p.learners[1:] {
		if !slices.Equal(l.Types(), types) {
			return false
		}
	}
	return true
}

// disputed returns the key of values that the first stage's types alone do not decide: the source may have other types by now,
// and the stages may differ. key or err is what the first stage's types make of the values. An unchecked key leaves the
// decision to each source.
func (p *keyPath) disputed(raws [][]byte, key lookup.Key, err error) (lookup.Key, error) {
	if errors.Is(err, stages.ErrNoKey) {
		return "", err
	}
	same := err == nil
	for _, l := range p.learners[1:] {
		other, err := l.Types().Canonical(raws...)
		same = same && err == nil && other == key
	}
	if same {
		return key, nil
	}
	unchecked, impossible := lookupkey.Unchecked(raws...)
	switch {
	case impossible == nil:
		return unchecked, nil
	case err != nil:
		return "", err
	default:
		return "", impossible
	}
}

// learned counts what the path's sources have learned. Keys made before a change are made again.
func (p *keyPath) learned() int {
	n := 0
	for _, l := range p.learners {
		times, _ := l.Learned()
		n += times
	}
	return n
}
