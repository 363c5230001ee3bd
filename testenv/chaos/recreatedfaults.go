package chaos

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/loaderline/loaderline/testenv"
)

// recreation is a topic of the pipeline that is deleted and created again. Each process has to end and name the command that
// lets it continue.
type recreation struct {
	name     string
	recreate func(context.Context, *Round) error
	names    string // the command
	accept   func(context.Context, *Round) error
}

func (t recreation) recreated() Fault {
	return Fault{
		Name: t.name + " recreated",
		Inject: func(ctx context.Context, r *Round) error {
			return r.allGiveUp(ctx, func() error { return t.recreate(ctx, r) }, t.names)
		},
		Heal: t.accept,
	}
}

// recreatedWhileDown does so while no process runs: they have to end at their next start.
func (t recreation) recreatedWhileDown() Fault {
	return Fault{
		Name: t.name + " recreated while down",
		Inject: func(ctx context.Context, r *Round) error {
			return r.noneStarts(ctx, func() error { return t.recreate(ctx, r) }, t.names)
		},
		Heal: t.accept,
	}
}

var (
	theInput       = recreation{"input", recreateInput, goesOn, goOn}
	theOutput      = published("output", func(r *Round) string { return r.output }, largestConfig)
	theDeadLetters = published("dead-letter topic", func(r *Round) string { return r.dead }, largestConfig)
	aRetryTopic    = published("retry topic", func(r *Round) string { return r.retries[0] }, inputConfig)
)

// goesOn is the command by which the operator of a pipeline says where it continues.
const goesOn = "loaderline offsets set"

// recreateInput creates the input again. From now on the records of the old topic do not matter.
func recreateInput(ctx context.Context, r *Round) error {
	return testenv.RecreateTopic(ctx, r.kafka, r.input, r.partitions, inputConfig)
}

// goOn lets the pipeline continue with the first record of the input, by the command that it named, and judges it from
// there on.
func goOn(ctx context.Context, r *Round) error {
	if err := r.operate(ctx, "offsets", "set", r.file, "--to", "earliest", "--yes"); err != nil {
		return err
	}
	judging := r.judging
	judging.FromEnds = true
	checker, err := testenv.NewChecker(context.WithoutCancel(ctx), judging)
	if err != nil {
		return err
	}
	return errors.Join(r.checker.Swap(checker).Close(), r.muster(ctx))
}

// takesNew is the command by which the operator of a pipeline says that the topics it has now are the right ones.
const takesNew = "loaderline offsets accept"

// published is a topic that the pipeline publishes to. It is deleted while the pipeline is at rest: its old records
// have been judged, and later records have to be in the new topic, from whose first record the checker continues.
func published(name string, topic func(*Round) string, config string) recreation {
	return recreation{
		name: name,
		recreate: func(ctx context.Context, r *Round) error {
			if err := r.checker.Load().Close(); err != nil {
				return err
			}
			return testenv.RecreateTopic(ctx, r.kafka, topic(r), r.partitions, config)
		},
		names: takesNew,
		accept: func(ctx context.Context, r *Round) error {
			if err := r.operate(ctx, "offsets", "accept", r.file); err != nil {
				return err
			}
			r.checker.Store(r.checker.Load().Recreated(context.WithoutCancel(ctx), topic(r)))
			return r.muster(ctx)
		},
	}
}

// noneStarts does something while no process runs, at which each has to end at its next start and say certain words.
func (r *Round) noneStarts(ctx context.Context, do func() error, says string) error {
	if err := r.terminateAll(); err != nil {
		return err
	}
	if err := do(); err != nil {
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
	return ends.await(ctx, says)
}

// operate runs a command as the operator of the pipeline.
func (r *Round) operate(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, r.options.Binary, args...)
	cmd.Env = newMember(r, "operator").environment()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("loaderline %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
