package chaos

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// RunShort runs scenarios once: side by side, as far as the world has lanes. Scenarios that have to be alone come last.
func RunShort(ctx context.Context, w *World, scenarios []Scenario, o Options) ([]Result, error) {
	results := make([]Result, len(scenarios))
	run := func(i int) error {
		own := o
		own.Seed += uint64(i)
		var err error
		results[i], err = Run(ctx, w, scenarios[i], own)
		return err
	}
	var (
		beside errgroup.Group
		mu     sync.Mutex
		errs   []error
	)
	for i := range scenarios {
		if !scenarios[i].Alone {
			beside.Go(func() error {
				err := run(i)
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
				return nil
			})
		}
	}
	_ = beside.Wait() // Each error is kept.
	for i := range scenarios {
		if scenarios[i].Alone {
			errs = append(errs, run(i))
		}
	}
	return results, errors.Join(errs...)
}

// RunLong runs rounds, one after the other, until the time is over or a round cannot be run: those of scenarios, in a
// random order, again and again.
func RunLong(ctx context.Context, w *World, scenarios []Scenario, lasting time.Duration, o Options) ([]Result, error) {
	random := rand.New(rand.NewPCG(o.Seed, o.Seed))
	end := time.Now().Add(lasting)
	var (
		results []Result
		coming  []Scenario
	)
	for round := uint64(0); time.Now().Before(end); round++ {
		if len(coming) == 0 {
			coming = slices.Clone(scenarios)
			random.Shuffle(len(coming), func(i, j int) { coming[i], coming[j] = coming[j], coming[i] })
		}
		own := o
		own.Seed += round
		o.Log.InfoContext(ctx, "round", slog.String("scenario", coming[0].Name), slog.Uint64("seed", own.Seed))
		result, err := Run(ctx, w, coming[0], own)
		coming = slices.Delete(coming, 0, 1)
		results = append(results, result)
		if err != nil {
			return results, err
		}
		o.Log.InfoContext(ctx, "round over", slog.Bool("ok", result.OK), slog.Any("problems", result.Problems))
	}
	return results, nil
}
