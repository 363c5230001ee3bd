// Package invalidation lets a process know that cached rows have changed: by records of change topics, and by commands
// that somebody publishes or sends.
//
// A Reader reads all partitions of the topics from its own position, without a group, because every process has its own
// cache. An Invalidator knows what their records mean and applies it to the cache. The Reader knows how far that has
// been done: up to which position, so that a cache that outlives the process can go on from there, and up to which
// time, so that it can be seen how outdated a cached value may be.
package invalidation
