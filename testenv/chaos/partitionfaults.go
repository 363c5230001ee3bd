package chaos

import (
	"context"
	"errors"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// noticedWithin is how long a pipeline that runs may take to notice partitions that were added.
const noticedWithin = time.Minute

// partitionsAdded gives the input twice as many partitions as it has.
var partitionsAdded = Fault{
	Name:   "partitions added",
	Inject: func(ctx context.Context, r *Round) error { return r.addPartitions(ctx) },
}

// partitionsAddedWhileDown does so while no process runs.
var partitionsAddedWhileDown = Fault{
	Name: "partitions added while down",
	Inject: func(ctx context.Context, r *Round) error {
		if err := r.terminateAll(); err != nil {
			return err
		}
		return r.addPartitions(ctx)
	},
	Heal: func(ctx context.Context, r *Round) error { return r.muster(ctx) },
}

// partitionsAddedAndKilled does so, and ends the processes by SIGKILL at once, before they can have noticed.
var partitionsAddedAndKilled = Fault{
	Name: "partitions added, then kill -9",
	Inject: func(ctx context.Context, r *Round) error {
		if err := r.addPartitions(ctx); err != nil {
			return err
		}
		return r.killAll()
	},
	Heal: func(ctx context.Context, r *Round) error { return r.muster(ctx) },
}

func (r *Round) addPartitions(ctx context.Context) error {
	r.partitions *= 2
	return testenv.AddPartitions(ctx, r.kafka, r.input, r.partitions)
}

func (r *Round) terminateAll() error { return r.eachRunning((*member).terminate) }

func (r *Round) killAll() error { return r.eachRunning((*member).kill) }

func (r *Round) eachRunning(do func(*member) error) error {
	var errs []error
	for _, m := range r.members {
		if m.running() {
			errs = append(errs, do(m))
		}
	}
	return errors.Join(errs...)
}
