// Package sink makes the records that a pipeline publishes: the enriched
// record of an input record, or its dead letter. It touches no network.
//
// Every record names where it came from in text headers:
// loaderline.source.topic, .partition, .offset and .timestamp, the latter two
// and the partition as decimal numbers, the timestamp in milliseconds since
// the Unix epoch. Headers of the input are kept, but for those that begin with
// loaderline., which are replaced.
//
// Records share the memory of the input's key, value and headers, and must be
// treated as read-only, as must the input.
package sink
