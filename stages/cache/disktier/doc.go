// Package disktier keeps cached entries on disk: a cache.Tier that makes a restarted process start warm. It is built on
// Pebble.
//
// What is guaranteed:
//
//   - What Invalidate has removed does not come back, neither with a kill -9 nor with a loss of power: the operating
//     system has the removal before Invalidate returns, and positions of change topics are never newer than what they
//     stand for.
//   - Whatever is wrong with the disk (full, failing, corrupt, deleted) is logged once and makes misses. What was held is
//     then given up, since it may have missed an invalidation, and a minute later the tier begins anew, empty.
//   - Files are removed only in a directory that holds the mark of this package.
//
// What is not: that an entry is kept. Without room, those go first that end soonest.
package disktier
