// Package disktier keeps cached entries on disk, so that a restarted process starts with a warm cache. [Open] returns a
// cache.Tier, which is built on Pebble.
//
// The tier guarantees:
//
//   - An invalidated value does not come back, neither after a kill -9 nor after a loss of power. The operating system has
//     the invalidation before the cache reports it done.
//   - A disk that fails (it is full, corrupt or deleted) never fails a load. The tier logs the failure once and discards
//     what it held, since that may have missed an invalidation. A minute later it starts anew, empty.
//   - It removes files only in a directory that it has marked as its own.
//
// The tier does not guarantee that it keeps an entry. Without room it removes the entries that expire first.
package disktier
