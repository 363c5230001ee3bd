package chaos

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Long are the scenarios of `make chaos`: random faults on pipelines of each kind, twice, and those of [Short] and
// [Longer].
var Long = slices.Concat(kinds, kinds, Short, Longer)

var kinds = []Scenario{
	random(Scenario{Name: "random: Redis cache, poison", Redis: true, Poison: true},
		onProcesses, onTransactions, onKafka, onPostgres, onRedis, onOutcomes),
	random(Scenario{Name: "random: at least once", Delivery: AtLeastOnce, Redis: true, Poison: true},
		onProcesses, onKafka, onPostgres, onRedis, onOutcomes),
	random(Scenario{Name: "random: retry topics, disk cache", Retry: true, Disk: true},
		onProcesses, onTransactions, onKafka, onPostgres, onDisk, onRows),
	random(Scenario{Name: "random: changing rows, all caches", Changing: true, Redis: true, Disk: true},
		onProcesses, onLookups, onRedis, onDisk),
}

// What random faults are drawn from. A step without a time lasts for a random one.
var (
	onProcesses    = append(steps(0, kill, terminate, rolling, storm, replayed), killing(points[:4]...)...)
	onOthers       = steps(0, otherKilled, otherTerminated)
	onTransactions = append(steps(0, lostEndTxn, twin), Step{Fault: killAt("after-end-txn")}, Step{Fault: zombie, For: beyond})
	onKafka        = steps(0,
		brokerKilled, brokerRestarted, lostProduce, fewReplicas,
		away("kafka"), silent("kafka"), deaf("kafka"), mute("kafka"), reset("kafka"), torn("kafka", 100_000),
		slow("kafka", 200*time.Millisecond), slow("kafka", 3*time.Second))
	// onLookups are on the way to the database.
	onLookups = append(
		steps(0, away("postgres"), silent("postgres"), deaf("postgres"), reset("postgres"), torn("postgres", 30_000), slow("postgres", 300*time.Millisecond)),
		Step{Fault: away("postgres"), For: 20 * time.Second},
		// Longer than a transaction may take.
		Step{Fault: slow("postgres", transactionTimeout+time.Second), For: transactionTimeout},
	)
	onPostgres = append(steps(0, terminated, crashed, locked, crowded, postgresKilled, postgresRestarted, postgresFrozen), onLookups...)
	onRedis    = steps(0, away("redis"), silent("redis"), slow("redis", 200*time.Millisecond), redisFrozen, redisEmptied, redisFull)
	onDisk     = steps(0, diskDeleted, diskCorrupted, diskFull)
	onOutcomes = steps(0, smaller, deadRefused)
	onRows     = steps(3*time.Second, lateRows, lateRows)
)

func killing(points ...string) []Step {
	var list []Step
	for _, p := range points {
		list = append(list, Step{Fault: killAt(p)})
	}
	return list
}

// random gives a scenario two processes and eight of the faults at random, with fifteen seconds of events for each.
func random(s Scenario, of ...[]Step) Scenario {
	const faults = 8
	s.Events, s.Members, s.Alone, s.Timeout = 15*s.rate()*(faults+2), 2, true, 10*time.Second
	s.Steps = func(random *rand.Rand) []Step { return draw(random, faults, of...) }
	return s
}

// draw takes so many steps at random, and each before any comes again.
func draw(random *rand.Rand, count int, of ...[]Step) []Step {
	all := slices.Concat(of...)
	var list []Step
	for len(list) < count {
		for _, at := range random.Perm(len(all))[:min(len(all), count-len(list))] {
			step := all[at]
			if step.For == 0 {
				step.For = time.Second + time.Duration(random.Int64N(int64(7*time.Second)))
			}
			list = append(list, step)
		}
	}
	return list
}
