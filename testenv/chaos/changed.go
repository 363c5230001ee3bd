package chaos

import "time"

const latest = "latest"

// changed are scenarios in which the input itself changes. The pipeline may skip no event of it in silence.
var changed = []Scenario{
	{Name: "partitions added while down, start earliest", Start: "earliest", Events: 20_000, Steps: fixed(steps(time.Second, partitionsAddedWhileDown, partitionsAddedAndKilled)...)},
	{Name: "partitions added while down, start latest", Start: latest, Events: 20_000, Steps: fixed(steps(time.Second, partitionsAddedWhileDown, partitionsAddedAndKilled)...)},
	{Name: "input recreated under load, start latest", Start: latest, Events: 20_000, Members: 2, Steps: fixed(Step{Fault: theInput.recreated()})},
	{Name: "input recreated while idle and while down", Events: 20_000, Steps: fixed(Step{Fault: theInput.recreated(), Idle: true}, Step{Fault: theInput.recreatedWhileDown(), Idle: true})},
	{Name: "output and dead letters recreated while down", Events: 20_000, Steps: fixed(
		Step{Fault: theOutput.recreatedWhileDown(), Idle: true}, Step{Fault: theDeadLetters.recreatedWhileDown(), Idle: true})},
}

// changedLonger are scenarios in which a pipeline has to notice by itself what happens to its input, wherever its group
// began.
func changedLonger() []Scenario {
	list := []Scenario{{Name: "output, dead letters and retries recreated", Events: 30_000, Members: 2, Retry: true, Steps: fixed(
		Step{Fault: theOutput.recreated(), Idle: true}, Step{Fault: theDeadLetters.recreated(), Idle: true},
		Step{Fault: aRetryTopic.recreated(), Idle: true}, Step{Fault: aRetryTopic.recreatedWhileDown(), Idle: true})}}
	for _, start := range []string{"earliest", latest} {
		list = append(list,
			Scenario{Name: "partitions added, start " + start, Start: start, Events: 30_000, Members: 2, Slack: noticedWithin, Steps: fixed(
				Step{Fault: partitionsAdded}, Step{Fault: partitionsAdded, Idle: true})},
			Scenario{Name: "input recreated, start " + start, Start: start, Events: 30_000, Members: 2, Steps: fixed(
				Step{Fault: theInput.recreated()}, Step{Fault: theInput.recreated(), Idle: true}, Step{Fault: theInput.recreatedWhileDown()})},
		)
	}
	return list
}
