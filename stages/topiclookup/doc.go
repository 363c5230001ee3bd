// Package topiclookup looks keys up in a Kafka topic that is a table: the last record of a key has its row, and a record without a
// value removes the row.
//
// Open makes a client. Its first Ping or Load begins to read the topic with read_committed from its start to its end, and then
// follows it. Every process reads all partitions, so the topic needs no partitions in common with the events.
//
// # What a lookup sees
//
// No lookup is answered before the topic has been read up to the end that it had at the start. From then on a lookup sees what has
// been applied. With Config.MaxStaleness it waits until everything has been applied that was committed so long before.
// A record of an aborted transaction is never seen.
//
// # Errors
//
// A topic that cannot be read is a transient error once a lookup has to wait for it (see stages.ClassOf). These are fatal: a record
// that cannot be decoded, unless Config.SkipBad is set; a table that outgrows Config.MaxBytes; a disk that fails.
package topiclookup
