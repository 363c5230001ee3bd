// Package consumer says how a pipeline consumes and publishes: which cluster,
// which topics and group, and which guarantee. It has the configuration, and
// the errors that a pipeline ends with.
//
// Guarantees with ExactlyOnce: the outcomes of a batch and the offsets of its
// input become visible together or not at all, to readers that use
// read_committed.
//
// Guarantees with AtLeastOnce: offsets are committed only after all in-sync replicas have acknowledged every outcome.
// Outcomes that were published before a crash may be published again after it.
package consumer
