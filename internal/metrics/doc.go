// Package metrics counts what a pipeline does, for Prometheus. Metrics counts what the pipeline tells it, and asks for
// the rest when it is scraped; how far the group is behind comes from package backlog.
//
// Records, dead letters and stages are counted when their micro-batch is committed, so that a micro-batch that is given
// back and polled again counts once. Every series whose labels are known beforehand is there from zero. No label ever
// holds a key, a value, an address or an error's text.
package metrics
