package chaos

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/loaderline/loaderline/testenv"
)

// recreated deletes the input and creates it again. Each process has to end and name the command that lets it continue.
// After this command the pipeline has to enrich the new topic from its first record on.
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
		return r.noneStarts(ctx, func() error { return r.recreateInput(ctx) }, goesOn)
	},
	Heal: func(ctx context.Context, r *Round) error { return r.goOn(ctx) },
}

// goesOn is the command by which the operator of a pipeline says where it continues.
const goesOn = "loaderline offsets set"

// recreateInput creates the input again. From now on the records of the old topic do not matter.
func (r *Round) recreateInput(ctx context.Context) error {
	return testenv.RecreateTopic(ctx, r.kafka, r.input, r.partitions, inputConfig)
}

// goOn lets the pipeline continue with the first record of the input, by the command that it named, and judges it from
// there on.
func (r *Round) goOn(ctx context.Context) error {
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
// have been judged, and later records have to be in the new topic.
type published struct {
	name   string
	topic  func(*Round) string
	config string
}

var (
	theOutput      = published{"output", func(r *Round) string { return r.output }, largestConfig}
	theDeadLetters = published{"dead-letter topic", func(r *Round) string { return r.dead }, largestConfig}
	aRetryTopic    = published{"retry topic", func(r *Round) string { return r.retries[0] }, inputConfig}
)

func (p published) recreated() Fault {
	return Fault{
		Name: p.name + " recreated",
		Inject: func(ctx context.Context, r *Round) error {
			return r.allGiveUp(ctx, func() error { return p.recreate(ctx, r) }, takesNew)
		},
		Heal: p.accept,
	}
}

func (p published) recreatedWhileDown() Fault {
	return Fault{
		Name: p.name + " recreated while down",
		Inject: func(ctx context.Context, r *Round) error {
			return r.noneStarts(ctx, func() error { return p.recreate(ctx, r) }, takesNew)
		},
		Heal: p.accept,
	}
}

func (p published) recreate(ctx context.Context, r *Round) error {
	if err := r.checker.Load().Close(); err != nil {
		return err
	}
	return testenv.RecreateTopic(ctx, r.kafka, p.topic(r), r.partitions, p.config)
}

// accept makes the pipeline accept the new topic, and the checker continue with its first record.
func (p published) accept(ctx context.Context, r *Round) error {
	if err := r.operate(ctx, "offsets", "accept", r.file); err != nil {
		return err
	}
	r.checker.Store(r.checker.Load().Recreated(context.WithoutCancel(ctx), p.topic(r)))
	return r.muster(ctx)
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
