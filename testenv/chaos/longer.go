package chaos

import (
	"slices"
	"time"
)

// Longer are the scenarios of `make chaos-longer`, which take too long for [Short].
var Longer = slices.Concat(longer, changedLonger(), loudLonger)

var longer = []Scenario{
	// Each of the four connections to the host that is silent has to time out.
	{Name: "PostgreSQL on two hosts", Events: 70_000, Database: onTwoHosts, Slack: 20 * time.Second, Steps: fixed(
		// Connections stay with the second host until they end.
		Step{Fault: firstHost(silent("postgres")), Share: 6}, Step{Fault: terminated}, Step{Fault: firstHost(away("postgres")), Share: 6})},
	{Name: "PostgreSQL standby promoted", Events: 40_000, Members: 2, Database: withStandby, Steps: fixed(Step{Fault: promoted, Share: 2})},
	{Name: "registry killed for 15 s", Events: 201_000, Avro: true, Steps: fixed(Step{Fault: registryKilled, For: 15 * time.Second})},
	{Name: "three brokers: rolling restart", Site: threeBrokers, Events: 60_000, Members: 2, Alone: true, Steps: fixed(Step{Fault: eachBrokerRestarted, Share: 4})},
	{Name: "three brokers: coordinator stopped", Site: threeBrokers, Events: 30_000, Members: 2, Alone: true, Steps: fixed(steps(2*time.Second, coordinatorStopped, coordinatorStopped)...)},
	{Name: "Kafka 3.9", Site: olderBroker, Events: 40_000, Alone: true, Steps: fixed(
		Step{Fault: killAt("after-flush")}, Step{Fault: killAt("after-offsets-commit")}, Step{Fault: brokerKilled, For: 2 * time.Second})},
}
