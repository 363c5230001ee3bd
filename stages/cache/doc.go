// Package cache keeps loaded values between batches. A [Memory] holds them within one budget of bytes for the whole process. A
// [Tier] holds more of them below the memory, on disk or in Redis. A [View] is the part of the cache that one loader uses:
// pass it as stages.LoaderConfig.Cache.
//
// The name and the version of a loader are part of every key. Loaders never read each other's values, and a loader with a
// changed query never reads what the old query loaded.
//
// The cache guarantees:
//
//   - A lookup never returns a value whose load began before the last invalidation of its key, whatever happens at the
//     same time.
//   - A lookup never returns a value past its time to live, except while the source fails and [ViewConfig.StaleIfError]
//     allows it.
//   - A lookup never returns the value of another key.
//   - The cache keeps what was loaded and which keys have no value. It never keeps failures.
//   - The entries stay within the budget of bytes, except for a moment while the cache writes new ones.
//
// The cache does not guarantee that it keeps a value. A full cache prefers the keys that are asked for most, and may refuse
// a new key. An invalidation may also hide a few other keys. A tier may be unreachable. In each case the loader loads the
// value again.
package cache
