package bench

import "fmt"

// Fault is what befalls a processor in the middle of its events.
type Fault string

const (
	// Malformed is a record that is no JSON.
	Malformed Fault = "malformed"
	// Kill is kill -9, and the same command again at once.
	Kill Fault = "kill"
)

// malformed is the value of the malformed record.
const malformed = `{"event_id":"broken`

// After is what came of a fault.
type After struct {
	// Outputs is the number of events with an output, Lost of those without one.
	Outputs int `json:"outputs"`
	Lost    int `json:"lost"`
	// Dead is the number of records in the topic for dead letters.
	Dead int `json:"dead_letters"`
	// Next is the seconds from a kill to the first output of an event that was published after it; 0 where there is none.
	Next float64 `json:"next_output_s,omitempty"`
	// Restarts is how often the processor restarted within its process.
	Restarts int `json:"restarts,omitempty"`
	// Ended is how it ended by itself; empty where it ran on.
	Ended string `json:"ended,omitempty"`
	// Open reports whether a transaction was still open a while after the processor had ended. It hides what follows it, so that
	// the outputs were counted and not compared.
	Open bool `json:"open_transaction,omitempty"`
}

// What says in words what the processor did.
func (a After) What() string {
	if a.Open {
		return a.did() + ", and left a transaction open"
	}
	return a.did()
}

func (a After) did() string {
	switch {
	case a.Ended != "":
		return "ended: " + a.Ended
	case a.Lost > 0 && a.Restarts > 0:
		return fmt.Sprintf("restarted %d times without going on", a.Restarts)
	case a.Lost > 0:
		return "stands still"
	case a.Restarts > 0:
		return fmt.Sprintf("went on after %d restarts", a.Restarts)
	default:
		return "went on"
	}
}
