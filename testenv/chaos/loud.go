package chaos

import "time"

// forLong is so long that a pipeline that makes no progress has to say so.
const forLong = stalledFor + saidWithin + 5*time.Second

// loud are scenarios that a pipeline must not bear in silence: it continues by itself, says why it makes no progress, or ends
// and says what to do. The first list is for [Short], the second for [Longer].
var (
	loud = []Scenario{
		{Name: "password changed", Login: byPassword, Events: 60_000, Members: 2, Steps: fixed(Step{Fault: passwordChanged, Share: 8}, Step{Fault: passwordChanged, Idle: true})},
		{Name: "foreign transaction", Events: 20_000, Steps: fixed(steps(2*time.Second, foreignOnInput, foreignOnOutput)...)},
		{Name: "three brokers: one down at start", Site: threeBrokers, Events: 20_000, Alone: true, Steps: fixed(Step{Fault: brokerDownAtStart(0), Idle: true})},
	}
	loudLonger = []Scenario{
		{Name: "password changed in its file", Login: byPasswordFile, Events: 80_000, Members: 2, Steps: fixed(Step{Fault: passwordFileChanged, Share: 12}, Step{Fault: passwordFileChanged, Idle: true})},
		{Name: "certificate renewed", Login: byCertificate, Events: 30_000, Members: 2, Steps: fixed(steps(time.Second, certificateRenewed)...)},
		{Name: "producer quota", Login: byPassword, Events: 60_000, Members: 2, Steps: fixed(Step{Fault: limited, Share: 4})},
		{Name: "PostgreSQL away for longer", Events: 20_000, Members: 2, Steps: fixed(steps(forLong, away("postgres"))...)},
		{Name: "Kafka away for longer", Events: 20_000, Members: 2, Steps: fixed(steps(forLong, away("kafka"))...)},
		{Name: "foreign transaction for longer", Events: 20_000, Steps: fixed(steps(forLong, foreignOnInput)...)},
		{Name: "three brokers: quorum lost", Site: threeBrokers, Events: 30_000, Members: 2, Alone: true, Steps: fixed(steps(forLong, quorumLost)...)},
		{Name: "three brokers: each down at start", Site: threeBrokers, Events: 30_000, Alone: true, Steps: fixed(
			Step{Fault: brokerDownAtStart(0), Idle: true}, Step{Fault: brokerDownAtStart(1), Idle: true}, Step{Fault: brokerDownAtStart(2), Idle: true})},
	}
)
