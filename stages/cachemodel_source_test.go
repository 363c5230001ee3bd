package stages_test

import (
	"errors"
	"time"

	"github.com/loaderline/loaderline/stages"
)

// modelCall is a call of the source under way.
type modelCall struct {
	ctx   ctx
	keys  int
	since int // what begun was when the batch began that the call is for; 0 for a refresh
}

// modelSince is the key of a context under which a batch has what begun was.
type modelSince struct{}

// Load is the source.
func (w *modelWorld) Load(ctx ctx, b *stages.Batch[int, modelValue]) error {
	answer, end := w.enter(ctx, b.Keys)
	defer end()
	if !pause(ctx, answer.Before) {
		return ctx.Err()
	}
	read := time.Now()
	w.mu.Lock()
	version := w.version
	w.mu.Unlock()
	if !pause(ctx, answer.After) {
		return ctx.Err()
	}
	w.mu.Lock()
	fault := answer.Fault
	if w.calm {
		fault = noFault
	}
	if fault != noFault {
		w.failures++
	}
	w.mu.Unlock()
	bad := b.Keys[len(b.Keys)/2]
	switch fault {
	case faultAway:
		return errAway
	case faultKeys:
		return stages.WithClass(errors.New("one of them is poison"), stages.Permanent)
	case faultPanic:
		panic("boom")
	case faultOne:
		b.Fail(bad, errAway)
	case faultPoison:
		b.Fail(bad, stages.WithClass(errors.New("poison"), stages.Permanent))
	default:
	}
	for i, k := range b.Keys {
		switch {
		case fault == faultHalf && i%2 == 0, (fault == faultOne || fault == faultPoison) && k == bad:
		case version[k]%4 == 3 && !w.Versions:
			b.Set(i, stages.Result[modelValue]{})
		default:
			b.Put(k, modelValue{key: k, version: version[k], read: read, world: w})
		}
	}
	if fault == faultHalf {
		return errAway
	}
	return nil
}

func pause(ctx ctx, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// enter notes a call, and whether one of its keys is being loaded already. That may be where something was invalidated
// since one of the two batches began, where nobody waits for one of them any more, and where one only asks whether the
// source answers at all.
func (w *modelWorld) enter(ctx ctx, keys []int) (modelAnswer, func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := &modelCall{ctx: ctx, keys: len(keys)}
	var ofBatch bool
	if c.since, ofBatch = ctx.Value(modelSince{}).(int); !ofBatch {
		w.seen.refreshed++
	}
	for _, k := range keys {
		for _, other := range w.loading[k] {
			probe := w.failures > 0 && min(c.keys, other.keys) == 1
			if ctx.Err() == nil && other.ctx.Err() == nil && w.begun == min(c.since, other.since) && w.open == 0 && !probe {
				w.breaks("key %d is loaded twice at one time, by a call for %d keys and one for %d", k, other.keys, c.keys)
			}
		}
		w.loading[k] = append(w.loading[k], c)
	}
	answer := w.Answers[w.calls%len(w.Answers)]
	w.calls++
	return answer, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, k := range keys {
			for i, other := range w.loading[k] {
				if other == c {
					w.loading[k] = append(w.loading[k][:i:i], w.loading[k][i+1:]...)
					break
				}
			}
		}
	}
}
