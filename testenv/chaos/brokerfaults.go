package chaos

import (
	"context"
	"fmt"
)

// quorumLost kills two of three brokers: the third one can neither take records nor elect anybody.
var quorumLost = Fault{
	Name: "quorum lost",
	Inject: func(_ context.Context, r *Round) error {
		for _, b := range r.site.brokers[1:] {
			if err := b.Kill(); err != nil {
				return err
			}
		}
		return nil
	},
	Heal: func(ctx context.Context, r *Round) error { return r.whole(ctx) },
}

// brokerDownAtStart starts the pipeline while one of the brokers in the file is down. The client asks them in a random
// order, so the pipeline starts several times. It publishes events itself, so its step must be idle.
func brokerDownAtStart(broker int) Fault {
	const starts, some = 3, 500
	return Fault{
		Name: fmt.Sprintf("broker %d down at start", broker+1),
		Inject: func(ctx context.Context, r *Round) error {
			if err := r.site.brokers[broker].Stop(ctx); err != nil {
				return err
			}
			for range starts {
				if err := r.members[0].terminate(); err != nil {
					return err
				}
				if err := r.members[0].start(ctx); err != nil {
					return err
				}
				if err := r.source.publish(ctx, some); err != nil {
					return err
				}
				published, err := r.checker.Load().Inputs(ctx)
				if err != nil {
					return err
				}
				if err := r.awaitOutcomes(ctx, published); err != nil {
					return err
				}
			}
			return nil
		},
		Heal: func(ctx context.Context, r *Round) error { return r.whole(ctx) },
	}
}
