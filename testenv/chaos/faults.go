package chaos

import (
	"context"
	"fmt"
	"time"
)

// The points at which a build with failpoints can be stopped: see internal/failpoint.
var points = []string{"after-poll", "mid-produce", "after-flush", "after-offsets-commit", "after-end-txn"}

// killAt ends the first process by SIGKILL when it passes a point, and starts it again.
func killAt(point string) Fault {
	return Fault{
		Name:   "kill -9 " + point,
		Inject: func(ctx context.Context, r *Round) error { return r.members[0].dieAt(ctx, point) },
		Heal:   func(ctx context.Context, r *Round) error { return r.members[0].start(ctx) },
	}
}

// kill ends the first process by SIGKILL at whatever it is doing.
var kill = Fault{
	Name:   "kill -9",
	Inject: func(_ context.Context, r *Round) error { return r.members[0].kill() },
	Heal:   func(ctx context.Context, r *Round) error { return r.members[0].start(ctx) },
}

// terminate ends the first process by SIGTERM, at which it has to exit with 0.
var terminate = Fault{
	Name:   "SIGTERM",
	Inject: func(_ context.Context, r *Round) error { return r.members[0].terminate() },
	Heal:   func(ctx context.Context, r *Round) error { return r.members[0].start(ctx) },
}

// zombie freezes the first process where it has published and not yet committed. The other takes over, and then it wakes up.
var zombie = Fault{
	Name:   "frozen after-flush",
	Inject: func(ctx context.Context, r *Round) error { return r.members[0].freezeAt(ctx, "after-flush") },
	Heal:   func(_ context.Context, r *Round) error { return r.members[0].wake() },
}

// storm has two further processes join and leave all the time, some of them by SIGKILL.
var storm = Fault{
	Name: "rebalance storm",
	Inject: func(ctx context.Context, r *Round) error {
		for i := range 6 {
			m := r.members[1+i%2]
			act := m.start
			if m.running() {
				act = func(context.Context) error { return m.terminate() }
				if i%4 == 2 {
					act = func(context.Context) error { return m.kill() }
				}
			}
			if err := act(ctx); err != nil {
				return err
			}
			if err := pause(ctx, r.between(2*time.Second, 5*time.Second)); err != nil {
				return err
			}
		}
		return nil
	},
	Heal: func(ctx context.Context, r *Round) error { return r.muster(ctx) },
}

// brokerKilled and brokerRestarted take Kafka from all rounds that run.
var (
	brokerKilled = Fault{
		Name:   "broker kill -9",
		Inject: func(_ context.Context, r *Round) error { return r.site.brokers[0].Kill() },
		Heal:   func(ctx context.Context, r *Round) error { return r.site.brokers[0].Start(ctx) },
	}
	brokerRestarted = Fault{
		Name:   "broker restarted",
		Inject: func(ctx context.Context, r *Round) error { return r.site.brokers[0].Stop(ctx) },
		Heal:   func(ctx context.Context, r *Round) error { return r.site.brokers[0].Start(ctx) },
	}
)

// lostEndTxn has the broker end transactions, and lostProduce has it append records, and the pipeline never hear of it.
var (
	lostEndTxn  = lostAnswers("EndTxn", endTxns)
	lostProduce = lostAnswers("Produce", produces)
)

func lostAnswers(request string, key int) Fault {
	return Fault{
		Name: request + " answers lost",
		Inject: func(ctx context.Context, r *Round) error {
			r.lane.answers.lose(key)
			return r.lane.answers.awaitLost(ctx)
		},
		Heal: func(_ context.Context, r *Round) error {
			r.lane.answers.lose(nothing)
			return nil
		},
	}
}

// away refuses a service to the pipeline: open connections end, and new ones are refused.
func away(service string) Fault {
	return Fault{
		Name:   service + " away",
		Inject: func(_ context.Context, r *Round) error { return r.lane.links[service].cut() },
		Heal:   func(_ context.Context, r *Round) error { return r.lane.links[service].restore() },
	}
}

// toxic lets a toxic of toxiproxy work on a service's connections: upstream is to the service, downstream from it.
func toxic(name, service string, toxics ...poison) Fault {
	return Fault{
		Name: service + " " + name,
		Inject: func(_ context.Context, r *Round) error {
			for _, t := range toxics {
				if err := r.lane.links[service].add(t); err != nil {
					return err
				}
			}
			return nil
		},
		Heal: func(ctx context.Context, r *Round) error { return r.lane.links[service].clean(ctx) },
	}
}

// silent drops what is sent, and keeps the connections open: nobody learns that nobody hears.
func silent(service string) Fault {
	return toxic("silent", service, poison{Type: "timeout", Stream: "upstream"}, poison{Type: "timeout", Stream: "downstream"})
}

// deaf drops the responses of the service: it does what it is asked, and nobody learns of it.
func deaf(service string) Fault {
	return toxic("answers dropped", service, poison{Type: "timeout", Stream: "downstream"})
}

// mute drops what is sent, and what was answered comes: the service hears nothing any more.
func mute(service string) Fault {
	return toxic("requests dropped", service, poison{Type: "timeout", Stream: "upstream"})
}

// slow delays the responses of the service.
func slow(service string, by time.Duration) Fault {
	return toxic(fmt.Sprintf("slow by %v", by), service, poison{
		Type: "latency", Stream: "downstream", Attributes: map[string]int64{"latency": by.Milliseconds(), "jitter": by.Milliseconds() / 4},
	})
}

// torn ends each connection in the middle of an answer.
func torn(service string, bytes int64) Fault {
	return toxic("answers torn", service, poison{Type: "limit_data", Stream: "downstream", Attributes: map[string]int64{"bytes": bytes}})
}

// reset ends each connection by a reset.
func reset(service string) Fault {
	return toxic("connections reset", service, poison{Type: "reset_peer", Stream: "downstream", Attributes: map[string]int64{"timeout": 100}})
}
