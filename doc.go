// Package loaderline enriches events from Kafka through a plan of staged bulk lookups and publishes what it finds,
// exactly once: each input record has one outcome, enriched or dead-lettered, through crashes and rebalances.
//
// A pipeline is four parts. Package consumer polls micro-batches and commits them. Decode makes an event of a record.
// A stages.Plan loads what the events need, in bulk and through a cache. Encode makes the records to publish, which
// package sink addresses and bounds. Pipeline.Run turns one loop for each worker: poll, run the plan, make the records, commit.
//
// The command loaderline runs the same loop from a YAML file.
//
// # What is guaranteed
//
// With consumer.ExactlyOnce, the outcomes of a micro-batch and its offsets are committed in one Kafka transaction: a
// consumer with read_committed sees exactly one outcome for each input record, in the order of the input for each key.
// With consumer.AtLeastOnce nothing is lost, and a crash may publish a micro-batch again.
//
// A record that cannot be enriched is dead-lettered alone, with the reason. When a backend answers nobody, that is
// an outage and no fault of the events: the micro-batch is given back, polling goes on paused, and work resumes
// where it stopped when the backend is back.
//
// # What is not
//
// Lookups are reads and may run more than once for a record. Enriched values are as fresh as the cache's TTL.
package loaderline
