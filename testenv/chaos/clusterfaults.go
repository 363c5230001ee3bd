package chaos

import (
	"context"
	"time"
)

// eachBrokerRestarted restarts the brokers one after the other, each when the previous one is in sync again.
var eachBrokerRestarted = Fault{
	Name: "brokers restarted one by one",
	Inject: func(ctx context.Context, r *Round) error {
		for _, b := range r.site.brokers {
			if err := b.Stop(ctx); err != nil {
				return err
			}
			if err := b.Start(ctx); err != nil {
				return err
			}
			if err := r.site.cluster.AwaitInSync(ctx); err != nil {
				return err
			}
		}
		return nil
	},
}

// coordinatorStopped stops the coordinator of the group.
var coordinatorStopped = Fault{
	Name: "group's coordinator stopped",
	Inject: func(ctx context.Context, r *Round) error {
		coordinator, err := r.site.cluster.Coordinator(ctx, r.group)
		if err != nil {
			return err
		}
		return coordinator.Stop(ctx)
	},
	Heal: func(ctx context.Context, r *Round) error { return r.whole(ctx) },
}

// coordinatorsMoved gives the group and the transactions other coordinators, twice, while all brokers run.
var coordinatorsMoved = Fault{
	Name: "coordinators moved",
	Inject: func(ctx context.Context, r *Round) error {
		for range 2 {
			if err := r.site.cluster.MoveCoordinators(ctx); err != nil {
				return err
			}
			if err := pause(ctx, r.between(time.Second, 3*time.Second)); err != nil {
				return err
			}
		}
		return nil
	},
}

// whole makes all brokers run, and waits until they are in sync.
func (r *Round) whole(ctx context.Context) error {
	if err := r.site.repair(ctx); err != nil {
		return err
	}
	return r.site.cluster.AwaitInSync(ctx)
}

// awaitOutcomes returns once that many records have an outcome.
func (r *Round) awaitOutcomes(ctx context.Context, count int) error {
	ctx, cancel := context.WithTimeout(ctx, r.scenario.recoverWithin())
	defer cancel()
	return r.checker.Load().WaitFor(ctx, count)
}
