// Package redistier keeps a cache's entries in Redis (6 and later), one server or a cluster, where several processes
// share them.
//
// What is guaranteed, as long as Redis keeps what it has acknowledged:
//
//   - An entry is given only if its load began after the last invalidation of its key, of its space and of everything,
//     whichever process loaded and whichever invalidated. Redis' clock decides; those of the processes do not matter.
//   - A call takes Timeout at most. After one that failed, the tier is away: it answers nothing and asks nothing,
//     until Redis has answered in the background.
//   - What was invalidated while it was away is told to Redis before the tier answers again.
//   - Writes of this process that Redis has lost (a restart from an older snapshot, a failover) are noticed, and end all entries.
//
// What is not: an invalidation leaves a tombstone for a minute, against loads that began before it. A server that
// evicts the tombstone, or a shard of a cluster that loses it in a failover, can take such a load's old value in that
// minute. And times to live are compared with each process' own wall clock.
package redistier
