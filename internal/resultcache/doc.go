// Package resultcache keeps loaded values between batches: in memory, within one budget of bytes for a whole process, and in the
// tiers below it that it is given.
//
// A [Memory] holds the bytes, a cachetier.Tier more of them on disk or in a shared store, and a [View] is one loader's typed
// window on them: the LoaderConfig.Cache of that loader. The loader's name and version are part of every key, so loaders never
// see each other's values and a loader whose query has changed never reads what the old one loaded.
//
// What is guaranteed:
//
//   - Get never gives a value whose load began before the key's last invalidation, whatever raced with what.
//   - Get never gives a value beyond its time to live, nor another key's value.
//   - What Set has kept can be read as soon as Set returns, and replaces what was there.
//   - Failed and Blocked results are never kept.
//   - The entries' bytes stay within the budget, apart from the moment in which a Set is at work.
//
// What is not: that a value is kept. Admission prefers the keys that are asked for most, so a full cache may refuse
// a new key, an invalidation may also hide a few other keys, and a tier may be away. Each of these is a miss and no more.
package resultcache
