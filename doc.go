// Package loaderline enriches events from Kafka through a plan of staged bulk lookups and publishes the results exactly
// once: each input record has one outcome, enriched or dead-lettered, through crashes and rebalances.
//
// A pipeline has four parts. Package consumer configures how micro-batches are polled and committed. Decode turns a
// record into an event. A stages.Plan loads the rows that the events need, in bulk and through a cache. Encode makes
// the records to publish, and package sink configures where they go. Pipeline.Run runs one loop for each worker: poll,
// run the plan, make the records, commit.
//
// The command loaderline runs the same loop from a YAML file.
//
// # What is guaranteed
//
// With consumer.ExactlyOnce, the outcomes of a micro-batch and its offsets are committed in one Kafka transaction: a
// consumer with read_committed sees exactly one outcome for each input record, in the order of the input for each key.
// With consumer.AtLeastOnce nothing is lost, and a crash may publish a micro-batch again.
//
// A record that cannot be enriched is dead-lettered alone, with the reason. When a backend fails every call, this is an
// outage, and the events are not at fault: the worker leaves the micro-batch uncommitted, pauses its partitions and
// keeps polling. When the backend is back, it resumes where it stopped.
//
// # What is not
//
// Lookups are reads and may run more than once for a record. Enriched values are as fresh as the cache's TTL.
package loaderline
