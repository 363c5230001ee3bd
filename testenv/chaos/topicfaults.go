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
		return testenv.SetTopicConfig(ctx, r.kafka, r.output, "max.message.bytes", "4000")
	},
	Heal: func(ctx context.Context, r *Round) error {
		return testenv.SetTopicConfig(ctx, r.kafka, r.output, "max.message.bytes", fmt.Sprint(largest))
	},
}

// fewReplicas has the output topic demand more replicas than there are: all that is published to it is refused for now,
// and so are the markers of transactions.
var fewReplicas = Fault{
	Name: "output short of replicas",
	Inject: func(ctx context.Context, r *Round) error {
		return testenv.SetTopicConfig(ctx, r.kafka, r.output, "min.insync.replicas", "2")
	},
	Heal: func(ctx context.Context, r *Round) error {
		return testenv.SetTopicConfig(ctx, r.kafka, r.output, "min.insync.replicas", "1")
	},
}

// deadRefused has the dead-letter topic take markers of transactions and no dead letter, at which each process has to end and say so.
var deadRefused = Fault{
	Name: "dead letters refused",
	Inject: func(ctx context.Context, r *Round) error {
		refuse := func() error { return testenv.SetTopicConfig(ctx, r.kafka, r.dead, "max.message.bytes", "200") }
		return r.allGiveUp(ctx, refuse, r.dead)
	},
	Heal: func(ctx context.Context, r *Round) error {
		if err := testenv.SetTopicConfig(ctx, r.kafka, r.dead, "max.message.bytes", fmt.Sprint(largest)); err != nil {
			return err
		}
		return r.muster(ctx)
	},
}
