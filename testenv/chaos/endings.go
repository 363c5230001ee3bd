package chaos

import (
	"context"
	"fmt"
)

// allGiveUp does something that must end all processes, with certain words.
func (r *Round) allGiveUp(ctx context.Context, do func() error, says string) error {
	ends := endings{}
	for _, m := range r.members {
		if ended, err := m.signal(0, true); err == nil {
			ends[m] = ended
		}
	}
	if err := do(); err != nil {
		return err
	}
	return ends.await(ctx, says)
}

// endings are closed when a process has ended.
type endings map[*member]<-chan struct{}

// await returns once all have ended, by themselves and with certain words.
func (e endings) await(ctx context.Context, says string) error {
	for m, ended := range e {
		select {
		case <-ended:
		case <-ctx.Done():
			return fmt.Errorf("process %s runs on and should have ended and said %q: %w", m.name, says, context.Cause(ctx))
		}
		if err := m.gaveUp(says); err != nil {
			return err
		}
	}
	return nil
}
