// Package sink says where the outcomes of a pipeline go, which headers they
// have, and why a record becomes a dead letter.
//
// A record names its input record in text headers: an enriched record in loaderline.source, as topic/partition/offset, unless
// Config.Source says otherwise; dead letters and records in retry topics in loaderline.source.topic, .partition, .offset and .timestamp.
// The last three are decimal numbers, the timestamp in milliseconds since the Unix epoch. Headers of the input are kept, but
// headers whose names begin with loaderline. are replaced.
package sink
