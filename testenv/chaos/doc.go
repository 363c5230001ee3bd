// Package chaos is the fault suite: the built binary as separate processes, real Kafka, PostgreSQL, Redis and a schema registry, faults
// at random times, and the checker of testenv as the judge of what came out.
//
// A [Fault] is a value with a name, what injects it and what heals it. A [Scenario] is a list of steps: each publishes a
// share of the events, injects its fault while they flow, heals it, and waits until everything that was published by
// then has an outcome. [Run] runs one round of a scenario in a [World], from a seed that reproduces its schedule.
//
// Pipelines reach Kafka, PostgreSQL and Redis through proxies of their round alone; the checker goes to the broker
// itself. So the network of one round can be cut while others run beside it.
package chaos
