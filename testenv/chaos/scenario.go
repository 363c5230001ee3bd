package chaos

import (
	"cmp"
	"math/rand/v2"
	"slices"
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
	// Alone reports whether it takes the broker or another service from other rounds: none may run beside it.
	Alone bool
	// Redis and Disk add the caches below the memory.
	Redis, Disk bool
	// Retry adds retry topics, in which events wait whose row is missing.
	Retry bool
	// Poison adds events that cannot be enriched.
	Poison bool
	// Changing has rows that change: see versions. Several processes are told so by a topic.
	Changing bool
	// Avro has events in Avro, of two schemas in a registry of its own. All of their users are there.
	Avro bool
	// Split has events that become several records each, in three topics.
	Split bool
	// Rate is how many events a second are published. Defaults to 5,000.
	Rate int
	// Watched reports whether what the first process holds is sampled, and must not grow.
	Watched bool
	// Site is where its topics are. Defaults to the one broker that is always there; others start when they are needed.
	Site string
	// Login is how its processes prove to Kafka who they are. Defaults to not at all.
	Login string
	// Database is how its file finds PostgreSQL. Defaults to one host, the server of all rounds.
	Database string
	// Start is where its group begins. Defaults to loaderline's own, the oldest record.
	Start string
	// Slack is how much longer than others it may take to recover.
	Slack time.Duration
	// Timeout is how long a call of the database may take. Defaults to loaderline's own.
	Timeout time.Duration
}

func (s *Scenario) members() int { return max(s.Members, 1) }

func (s *Scenario) rate() int { return cmp.Or(s.Rate, 5_000) }

// strangers are the users that are not in the database: few where it is long, since the checker keeps dead letters whole.
func (s *Scenario) strangers() int {
	if s.Avro {
		return 0
	}
	if s.Watched {
		return users / 200
	}
	return users / 20
}

// recoverWithin is how long a pipeline may take, once a fault is healed, to have an outcome for all that was published.
func (s *Scenario) recoverWithin() time.Duration {
	within := sessionTimeout + transactionTimeout + 10*time.Second + s.Slack
	if s.Retry {
		for _, delay := range retryDelays {
			within += delay
		}
	}
	return within
}

func (s *Scenario) atLeastOnce() bool { return s.Delivery == AtLeastOnce }

func (s *Scenario) allowDead(d testenv.DeadLetter) bool {
	return s.Poison && allowPoison(d) || s.Split && allowSplit(d)
}

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
var Short = slices.Concat(short, changed, loud)

var short = []Scenario{
	Kill("", 40_000, points...),
	{Name: "zombie", Events: 30_000, Members: 2, Steps: fixed(Step{Fault: zombie, For: beyond})},
	{Name: "rebalance storm", Events: 40_000, Steps: fixed(Step{Fault: storm, Share: 6})},
	{Name: "partition", Events: 30_000, Members: 2, Steps: fixed(steps(8*time.Second, silent("kafka"), deaf("kafka"), away("kafka"))...)},
	{Name: "connections torn", Events: 30_000, Steps: fixed(steps(3*time.Second, torn("kafka", 30_000), reset("kafka"), slow("kafka", 200*time.Millisecond))...)},
	{Name: "EndTxn answer lost", Events: 30_000, Steps: fixed(steps(2*time.Second, lostEndTxn, lostEndTxn)...)},
	{Name: "PostgreSQL away", Events: 30_000, Steps: fixed(steps(4*time.Second, away("postgres"), silent("postgres"), reset("postgres"))...)},
	{Name: "PgBouncer", Events: 30_000, Database: behindPgBouncer, Steps: fixed(steps(2*time.Second, bouncerKilled, bouncerRestarted, terminated)...)},
	{Name: "Redis away", Events: 30_000, Redis: true, Steps: fixed(steps(3*time.Second, away("redis"), silent("redis"))...)},
	{Name: "invalidation under load", Events: 30_000, Changing: true, Steps: fixed(Step{Fault: changing, For: 4 * time.Second, Share: 4})},
	{Name: "registry killed", Events: 30_000, Avro: true, Steps: fixed(Step{Fault: registryKilled, For: 4 * time.Second})},
	{Name: "retry topics", Events: 30_000, Retry: true, Steps: fixed(Step{Fault: lateRows, For: 3 * time.Second}, Step{Fault: killAt("after-flush")})},
	{Name: "disk cache", Events: 30_000, Disk: true, Steps: fixed(steps(2*time.Second, diskDeleted, diskCorrupted, diskFull)...)},
	{Name: "poison", Events: 20_000, Poison: true, Steps: fixed(steps(2*time.Second, smaller)...)},
	Kill(AtLeastOnce, 40_000, points[:4]...),
	{Name: "at least once: PostgreSQL away", Delivery: AtLeastOnce, Events: 20_000, Steps: fixed(steps(4*time.Second, away("postgres"))...)},
	{Name: "broker kill -9", Events: 30_000, Alone: true, Steps: fixed(steps(2*time.Second, brokerKilled, brokerRestarted)...)},
	{Name: "several records of an event", Events: 30_000, Members: 2, Split: true, Alone: true, Steps: fixed(
		Step{Fault: killAt("mid-produce")}, Step{Fault: killAt("after-flush")},
		Step{Fault: otherTerminated, For: 2 * time.Second}, Step{Fault: brokerKilled, For: 2 * time.Second})},
	{Name: "three brokers: coordinators moved", Site: threeBrokers, Events: 20_000, Members: 2, Alone: true, Steps: fixed(Step{Fault: coordinatorsMoved})},
}
