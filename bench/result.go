package bench

import "fmt"

// Result is what one run of a processor showed.
type Result struct {
	Processor string `json:"processor"`
	Round     int    `json:"round"`
	// Delivery is "exactly once" or "at least once".
	Delivery string `json:"delivery,omitempty"`
	// Events is how many it was given.
	Events int `json:"events"`
	// Rate is in events a second, from a tenth to nine tenths of the distinct events, as a consumer with
	// read_committed sees them.
	Rate float64 `json:"rate"`
	// FirstOutput and Total are the seconds from the start to the first output and to the last event's.
	FirstOutput float64 `json:"first_output_s"`
	Total       float64 `json:"total_s"`
	// Latency is how late the outputs were, in a paced shape.
	Latency *Latency `json:"latency_ms,omitempty"`
	// CPU is the user and system seconds of the processor's own processes, from start to end. RSS is the sum of their
	// largest resident sets in MiB.
	CPU float64 `json:"cpu_s"`
	RSS float64 `json:"rss_mib"`
	// Calls is the number of transactions that PostgreSQL counted in the shop while the processor ran, one
	// for each lookup, and one for each statement that a connection prepares. Opening a connection does not count.
	Calls int64 `json:"backend_calls"`
	// Allocated is the bytes of all objects that the processes have allocated, by Go's own count; 0 is unknown.
	Allocated int64 `json:"allocated_bytes,omitempty"`
	// Idle is the share of a core, in percent, that the processes take while there is nothing to read, in a shape with Idle.
	Idle float64 `json:"idle_percent,omitempty"`
	// Rebalance is the seconds from the start of one more member until all members have their partitions, in a shape with Join.
	Rebalance float64 `json:"rebalance_s,omitempty"`
	// Repeated is the number of outputs of an event beyond its first.
	Repeated int `json:"repeated"`
	// After is what came of the fault, in a shape with one.
	After *After `json:"after_fault,omitempty"`
	// Verdict is empty for a run whose outputs are right.
	Verdict string `json:"verdict,omitempty"`
	// Failure is why the run did not come to its end; nothing else counts then.
	Failure string `json:"failure,omitempty"`
}

// words is the result as a line of progress.
func (r Result) words() string {
	switch {
	case r.Failure != "":
		return "FAILED: " + r.Failure
	case r.After != nil:
		return fmt.Sprintf("%s, lost %d, repeated %d  %s", r.After.What(), r.After.Lost, r.Repeated, r.Verdict)
	case r.Latency != nil:
		return fmt.Sprintf("p50 %4.0f ms  p99 %4.0f ms  p99.9 %4.0f ms  %6.2f CPU s  %5.0f MiB  %s",
			r.Latency.P50, r.Latency.P99, r.Latency.P999, r.CPU, r.RSS, r.Verdict)
	default:
		text := fmt.Sprintf("%8.0f events/s  first after %5.2f s  %6.2f CPU s  %5.0f MiB  %s", r.Rate, r.FirstOutput, r.CPU, r.RSS, r.Verdict)
		if r.Idle > 0 {
			text += fmt.Sprintf("  idle %.2f %%", r.Idle)
		}
		if r.Rebalance > 0 {
			text += fmt.Sprintf("  rebalance %.2f s", r.Rebalance)
		}
		return text
	}
}
