package bench

import (
	"context"
	"errors"
	"sync"
)

// group is the processes of one processor.
type group struct {
	processes []*process
	ending    sync.Once
	err       error // how they ended.
	expected  chan struct{}
}

// start starts one more process. One that ends by itself is told to failed.
func (g *group) start(ctx context.Context, l launch, failed chan<- error) error {
	if g.expected == nil {
		g.expected = make(chan struct{})
	}
	p, err := start(ctx, l)
	if err != nil {
		return err
	}
	g.processes = append(g.processes, p)
	go func() {
		select {
		case <-g.expected:
		case <-p.exited:
			failed <- p.ended()
		}
	}()
	return nil
}

// usage ends the processes and adds what they took to the result.
func (g *group) usage(ctx context.Context, r *Result) error {
	for _, p := range g.processes {
		rss, err := p.peakMemory()
		if err != nil {
			return err
		}
		allocated, err := p.scrape(ctx)
		if err != nil {
			return err
		}
		r.RSS += rss
		r.Allocated += allocated
	}
	if err := g.end(); err != nil {
		return err
	}
	for _, p := range g.processes {
		r.CPU += p.cpu()
		r.Allocated += p.printed()
	}
	return nil
}

// end ends all processes side by side. Later calls return what the first one did.
func (g *group) end() error {
	g.ending.Do(func() {
		if g.expected != nil {
			close(g.expected)
		}
		errs := make([]error, len(g.processes))
		var all sync.WaitGroup
		for i, p := range g.processes {
			all.Go(func() { errs[i] = p.end() })
		}
		all.Wait()
		g.err = errors.Join(errs...)
	})
	return g.err
}
