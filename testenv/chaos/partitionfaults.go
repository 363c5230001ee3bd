package chaos

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
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

// recreated deletes the input and creates it anew, at which each process has to end and say which command goes on. That
// is run, and what is in the new topic has to be enriched from its first record on.
var recreated = Fault{
	Name: "input recreated",
	Inject: func(ctx context.Context, r *Round) error {
		return r.allGiveUp(ctx, func() error { return r.recreateInput(ctx) }, goesOn)
	},
	Heal: func(ctx context.Context, r *Round) error { return r.goOn(ctx) },
}

// recreatedWhileDown does so while no process runs: they have to end at their next start.
var recreatedWhileDown = Fault{
	Name: "input recreated while down",
	Inject: func(ctx context.Context, r *Round) error {
		if err := r.terminateAll(); err != nil {
			return err
		}
		if err := r.recreateInput(ctx); err != nil {
			return err
		}
		ends := endings{}
		for _, m := range r.members[:r.scenario.members()] {
			ended, err := m.startToEnd(ctx)
			if err != nil {
				return err
			}
			ends[m] = ended
		}
		return ends.await(ctx, goesOn)
	},
	Heal: func(ctx context.Context, r *Round) error { return r.goOn(ctx) },
}

// goesOn is the command by which the operator of a pipeline says where it goes on.
const goesOn = "loaderline offsets set"

// recreateInput makes the input anew. What becomes of the old one's records is of no interest from now on.
func (r *Round) recreateInput(ctx context.Context) error {
	return testenv.RecreateTopic(ctx, r.kafka, r.input, r.partitions, inputConfig)
}

// goOn has the pipeline go on with the first record of the input, as it has said, and judges it from there on.
func (r *Round) goOn(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, r.options.Binary, "offsets", "set", r.file, "--to", "earliest", "--yes")
	cmd.Env = newMember(r, "operator").environment()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", goesOn, err, out)
	}
	judging := r.judging
	judging.FromEnds = true
	checker, err := testenv.NewChecker(context.WithoutCancel(ctx), judging)
	if err != nil {
		return err
	}
	return errors.Join(r.checker.Swap(checker).Close(), r.muster(ctx))
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
