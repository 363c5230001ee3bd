package resultcache

import "github.com/loaderline/loaderline/stages"

// SetUnder keeps a key under another key's hash: a collision, which nobody could find.
func SetUnder[K comparable, V any](v *View[K, V], hashOf, key K, value V) {
	it := v.item(v.stamp(), key, stages.Result[V]{Value: value, State: stages.Loaded}, life{now: v.memory.since(), ttl: v.cfg.TTL})
	it.hash = v.hash(hashOf)
	v.memory.install([]item{it})
}
