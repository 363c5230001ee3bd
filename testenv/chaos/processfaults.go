package chaos

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// rolling ends each process in order and starts it again, one after the other.
var rolling = Fault{
	Name: "rolling restart",
	Inject: func(ctx context.Context, r *Round) error {
		for _, m := range r.members {
			if !m.running() {
				continue
			}
			if err := m.terminate(); err != nil {
				return err
			}
			if err := m.start(ctx); err != nil {
				return err
			}
			if err := pause(ctx, r.between(time.Second, 3*time.Second)); err != nil {
				return err
			}
		}
		return nil
	},
}

// otherKilled and otherTerminated end the second process, and leave the first one alone.
var (
	otherKilled = Fault{
		Name:   "other process: kill -9",
		Inject: func(_ context.Context, r *Round) error { return r.members[1].kill() },
		Heal:   func(ctx context.Context, r *Round) error { return r.members[1].start(ctx) },
	}
	otherTerminated = Fault{
		Name:   "other process: SIGTERM",
		Inject: func(_ context.Context, r *Round) error { return r.members[1].terminate() },
		Heal:   func(ctx context.Context, r *Round) error { return r.members[1].start(ctx) },
	}
)

// twin starts a process with the first one's instance, as if on another host. They fence each other, until one has to
// end and say why.
var twin = Fault{
	Name: "two with one instance",
	Inject: func(ctx context.Context, r *Round) error {
		first, second := r.members[0], newMember(r, r.members[0].name)
		second.elsewhere()
		r.twin = second
		if err := second.start(ctx); err != nil {
			return err
		}
		firstEnded, err := first.signal(0, true)
		if err != nil {
			return err
		}
		secondEnded, err := second.signal(0, true)
		if err != nil {
			return err
		}
		const says = "give each process its own instance"
		select {
		case <-firstEnded:
			return first.gaveUp(says)
		case <-secondEnded:
			return second.gaveUp(says)
		case <-ctx.Done():
			return errors.New("two processes with one instance live together")
		}
	},
	Heal: func(ctx context.Context, r *Round) error {
		if r.twin.running() {
			if err := r.twin.terminate(); err != nil {
				return err
			}
		}
		return r.muster(ctx)
	},
}

// replayed enriches the latest input once more, into another topic, while the pipeline runs.
var replayed = Fault{
	Name: "replay beside it",
	Inject: func(ctx context.Context, r *Round) error {
		topic := r.group + "-replayed"
		for _, topic := range []string{topic, topic + "-dead"} {
			if err := testenv.CreateTopic(ctx, r.kafka, topic, partitions, fmt.Sprint("max.message.bytes=", largest)); err != nil {
				return err
			}
			r.topics = append(r.topics, topic)
		}
		cmd := exec.CommandContext(ctx, r.options.Binary, "replay", r.file, "--from=-10s", "--into", topic, "--yes")
		cmd.Env = newMember(r, "replay").environment()
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	},
}
