package chaos

import (
	"context"
	"fmt"

	"github.com/loaderline/loaderline/testenv"
)

// smaller has the output topic refuse what it took before.
var smaller = Fault{
	Name: "output takes 4000 bytes",
	Inject: func(ctx context.Context, r *Round) error {
		return testenv.SetTopicConfig(ctx, r.world.Kafka(), r.output, "max.message.bytes", "4000")
	},
	Heal: func(ctx context.Context, r *Round) error {
		return testenv.SetTopicConfig(ctx, r.world.Kafka(), r.output, "max.message.bytes", fmt.Sprint(largest))
	},
}

// fewReplicas has the output topic demand more replicas than there are: all that is published to it is refused for now,
// and so are the markers of transactions.
var fewReplicas = Fault{
	Name: "output short of replicas",
	Inject: func(ctx context.Context, r *Round) error {
		return testenv.SetTopicConfig(ctx, r.world.Kafka(), r.output, "min.insync.replicas", "2")
	},
	Heal: func(ctx context.Context, r *Round) error {
		return testenv.SetTopicConfig(ctx, r.world.Kafka(), r.output, "min.insync.replicas", "1")
	},
}

// deadRefused has the dead-letter topic take markers of transactions and no dead letter, at which each process has to end and say so.
var deadRefused = Fault{
	Name: "dead letters refused",
	Inject: func(ctx context.Context, r *Round) error {
		ends := map[*member]<-chan struct{}{}
		for _, m := range r.members {
			if ended, err := m.signal(0, true); err == nil {
				ends[m] = ended
			}
		}
		if err := testenv.SetTopicConfig(ctx, r.world.Kafka(), r.dead, "max.message.bytes", "200"); err != nil {
			return err
		}
		for m, ended := range ends {
			select {
			case <-ended:
			case <-ctx.Done():
				return fmt.Errorf("process %s goes on though dead letters are refused", m.name)
			}
			if err := m.gaveUp(r.dead); err != nil {
				return err
			}
		}
		return nil
	},
	Heal: func(ctx context.Context, r *Round) error {
		if err := testenv.SetTopicConfig(ctx, r.world.Kafka(), r.dead, "max.message.bytes", fmt.Sprint(largest)); err != nil {
			return err
		}
		return r.muster(ctx)
	},
}
