package chaos

import (
	"context"
	"fmt"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// limited allows the pipeline, which is the user of that name, 30,000 bytes a second to publish, a fraction of what comes
// in. It has to continue, if slowly: in each half minute some records have to get an outcome.
var limited = Fault{
	Name: "producer limited to 30 kB/s",
	Inject: func(ctx context.Context, r *Round) error {
		const (
			allowed = 30_000
			looks   = 2
			some    = 100
			within  = 30 * time.Second
			// burst is more than the time over which brokers take the mean of a quota.
			burst = 15 * time.Second
		)
		if err := testenv.LimitProducer(ctx, r.kafka, r.group, allowed); err != nil {
			return err
		}
		if err := pause(ctx, burst); err != nil {
			return err
		}
		for range looks {
			before := r.checker.Load().Seen()
			looking, cancel := context.WithTimeout(ctx, within)
			err := r.checker.Load().WaitFor(looking, before+some)
			cancel()
			if err != nil {
				return fmt.Errorf("the pipeline stands still under a quota: %w", err)
			}
		}
		return nil
	},
	Heal: func(ctx context.Context, r *Round) error { return testenv.LimitProducer(ctx, r.kafka, r.group, 0) },
}
