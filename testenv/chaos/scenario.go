package chaos

import (
	"math/rand/v2"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// AtLeastOnce is the other guarantee than exactly once.
const AtLeastOnce = "at_least_once"

// Scenario is a pipeline and what happens to it.
type Scenario struct {
	Name string
	// Delivery defaults to exactly once.
	Delivery string
	// Events are published over all steps.
	Events int
	// Members is the number of processes at first. Defaults to one.
	Members int
	// Steps makes the schedule. It uses no other randomness than what it is given.
	Steps func(*rand.Rand) []Step
	// Broker says that it takes the broker from other rounds: none may run beside it.
	Broker bool
	// Redis adds the shared cache.
	Redis bool
	// Poison adds events that cannot be enriched.
	Poison bool
	// Changing has rows that change: see versions.
	Changing bool
}

func (s *Scenario) atLeastOnce() bool { return s.Delivery == AtLeastOnce }

func (s *Scenario) allowDead(d testenv.DeadLetter) bool { return s.Poison && allowPoison(d) }

// fixed is a schedule without randomness.
func fixed(list ...Step) func(*rand.Rand) []Step {
	return func(*rand.Rand) []Step { return list }
}

// Kill is a process that is killed at points, and no other fault.
func Kill(delivery string, events int, points ...string) Scenario {
	s := Scenario{Name: "kill -9", Delivery: delivery, Events: events, Steps: killsAt(points...)}
	if s.atLeastOnce() {
		s.Name = "at least once: kill -9"
	}
	return s
}

// killsAt kills at points, in a random order.
func killsAt(points ...string) func(*rand.Rand) []Step {
	return func(random *rand.Rand) []Step {
		list := make([]Step, len(points))
		for i, at := range random.Perm(len(points)) {
			list[i] = Step{Fault: killAt(points[at])}
		}
		return list
	}
}

// beyond is longer than a frozen process is waited for.
const beyond = sessionTimeout + transactionTimeout + 2*time.Second

// Short are the scenarios of `make chaos-short`.
var Short = []Scenario{
	Kill("", 40_000, points...),
	{Name: "zombie", Events: 30_000, Members: 2, Steps: fixed(Step{Fault: zombie, For: beyond})},
	{Name: "rebalance storm", Events: 40_000, Steps: fixed(Step{Fault: storm, Share: 6})},
	{Name: "partition", Events: 30_000, Members: 2, Steps: fixed(steps(8*time.Second, silent("kafka"), deaf("kafka"), away("kafka"))...)},
	{Name: "connections torn", Events: 30_000, Steps: fixed(steps(3*time.Second, torn("kafka", 30_000), reset("kafka"), slow("kafka", 200*time.Millisecond))...)},
	{Name: "EndTxn answer lost", Events: 30_000, Steps: fixed(steps(2*time.Second, lostEndTxn, lostEndTxn)...)},
	{Name: "PostgreSQL away", Events: 30_000, Steps: fixed(steps(4*time.Second, away("postgres"), silent("postgres"), reset("postgres"))...)},
	{Name: "Redis away", Events: 30_000, Redis: true, Steps: fixed(steps(3*time.Second, away("redis"), silent("redis"))...)},
	{Name: "invalidation under load", Events: 30_000, Changing: true, Steps: fixed(Step{Fault: changing, For: 4 * time.Second, Share: 4})},
	{Name: "poison", Events: 20_000, Poison: true, Steps: fixed(steps(2*time.Second, smaller)...)},
	Kill(AtLeastOnce, 40_000, points[:4]...),
	{Name: "at least once: PostgreSQL away", Delivery: AtLeastOnce, Events: 20_000, Steps: fixed(steps(4*time.Second, away("postgres"))...)},
	{Name: "broker kill -9", Events: 30_000, Broker: true, Steps: fixed(steps(2*time.Second, brokerKilled, brokerRestarted)...)},
}

// Random is eight faults of all kinds at random, fifteen seconds of events for each.
func Random(delivery string) Scenario {
	const faults = 8
	s := Scenario{Name: "random faults", Delivery: delivery, Events: 15 * rate * (faults + 2), Members: 2, Broker: true, Redis: true}
	if s.atLeastOnce() {
		s.Name = "at least once: random faults"
	}
	s.Steps = func(random *rand.Rand) []Step {
		kinds := []Fault{
			kill, terminate, zombie, storm, brokerKilled, brokerRestarted, lostEndTxn,
			silent("kafka"), deaf("kafka"), away("kafka"), reset("kafka"), torn("kafka", 100_000), slow("kafka", 200*time.Millisecond),
			away("postgres"), silent("postgres"), reset("postgres"), slow("postgres", 300*time.Millisecond),
			away("redis"), silent("redis"),
		}
		for _, point := range points {
			kinds = append(kinds, killAt(point))
		}
		if s.atLeastOnce() {
			kinds = append(kinds[:6:6], kinds[7:len(kinds)-1]...) // There is no EndTxn.
		}
		list := make([]Step, faults)
		for i := range list {
			list[i] = Step{Fault: kinds[random.IntN(len(kinds))], For: time.Second + time.Duration(random.Int64N(int64(7*time.Second)))}
			if list[i].Fault.Name == zombie.Name {
				list[i].For = beyond
			}
		}
		return list
	}
	return s
}
