package chaos

import (
	"slices"
	"time"
)

// Longer are the scenarios of `make chaos-longer`: those that take too long for [Short].
var Longer = slices.Concat(longer, changedLonger(), loudLonger)

var longer = []Scenario{
	{Name: "three brokers: rolling restart", Site: threeBrokers, Events: 60_000, Members: 2, Alone: true, Steps: fixed(Step{Fault: eachBrokerRestarted, Share: 4})},
	{Name: "three brokers: coordinator stopped", Site: threeBrokers, Events: 30_000, Members: 2, Alone: true, Steps: fixed(steps(2*time.Second, coordinatorStopped, coordinatorStopped)...)},
	{Name: "Kafka 3.9", Site: olderBroker, Events: 40_000, Alone: true, Steps: fixed(
		Step{Fault: killAt("after-flush")}, Step{Fault: killAt("after-offsets-commit")}, Step{Fault: brokerKilled, For: 2 * time.Second})},
}
