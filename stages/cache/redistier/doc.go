// Package redistier keeps cached entries in Redis 6 or later, on one server or in a cluster. Processes share them. [Open]
// returns a cache.Tier.
//
// The tier guarantees, as long as Redis keeps what it has acknowledged:
//
//   - It returns an entry only if its load began after the last invalidation of its key, whichever process loaded it and
//     whichever process invalidated it. The clock of Redis decides this; the clocks of the processes do not matter.
//   - A call takes no longer than the timeout. After a call that failed, the tier is away: it returns nothing and asks
//     nothing, until Redis has answered in the background.
//   - Redis learns of everything that was invalidated while it was away before the tier returns entries again.
//   - The tier notices if Redis loses writes of this process, by a restart from an older snapshot or a failover. All entries
//     end then.
//
// An invalidation leaves a tombstone for a minute, against loads that began before it. A server that evicts the tombstone, or
// a shard of a cluster that loses it in a failover, can accept the old value of such a load in that minute. Times to live
// are compared with the wall clock of each process.
package redistier
