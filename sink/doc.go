// Package sink says where the outcomes of a pipeline go, which headers they
// have, and why a record becomes a dead letter.
//
// Every record names where it came from in text headers:
// loaderline.source.topic, .partition, .offset and .timestamp, the latter two
// and the partition as decimal numbers, the timestamp in milliseconds since
// the Unix epoch. Headers of the input are kept, but for those that begin with
// loaderline., which are replaced.
package sink
