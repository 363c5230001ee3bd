package chaos

import (
	"context"
	"time"
)

// Fault is something that goes wrong with a round.
type Fault struct {
	Name string
	// Inject returns once the fault is there.
	Inject func(context.Context, *Round) error
	// Heal ends it. Defaults to nothing: the fault is over when Inject returns.
	Heal func(context.Context, *Round) error
	// Missing is what the machine lacks for it; empty where it can be injected. Defaults to nothing.
	Missing func(*Round) string
}

func (f *Fault) missing(r *Round) string {
	if f.Missing == nil {
		return ""
	}
	return f.Missing(r)
}

// Step is a fault of a schedule.
type Step struct {
	Fault Fault
	// For is how long the fault lasts, from Inject to Heal.
	For time.Duration
	// Share is how much is published in this step, where 1 is what each of the others does. Defaults to 1.
	Share float64
	// Idle has no event flow while the fault is there: what this step publishes comes once it is healed.
	Idle bool
}

// steps gives each fault a time to last.
func steps(lasting time.Duration, faults ...Fault) []Step {
	list := make([]Step, len(faults))
	for i, f := range faults {
		list[i] = Step{Fault: f, For: lasting}
	}
	return list
}
