// Package abort names the reasons for which transactions are not committed.
// They are labels of a metric and arguments of Config.OnAbort.
package abort

// The reasons. The records are polled again in each case.
const (
	Rebalance = "rebalance" // The group wanted its partitions.
	Outage    = "outage"    // A source cannot be reached.
	Shutdown  = "shutdown"  // The drain was too short.
	Refusal   = "refused"   // A broker refused a record.
	Overflow  = "overflow"  // The outputs were more than MaxOutputBytes.
	Error     = "error"     // The session was lost, or the pipeline cannot go on.
)

// Reasons returns all reasons.
func Reasons() []string {
	return []string{Rebalance, Outage, Shutdown, Refusal, Overflow, Error}
}
