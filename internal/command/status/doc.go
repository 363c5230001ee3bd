// Package status says how a pipeline is doing, as its consumer group shows it: who takes part, how far behind each partition
// is, how fast that changes, and what the process on this machine waits for.
package status
