package loadcache

// Handle stands for a Cache where users pass one on. They see none of its methods.
type Handle[K comparable, R any] interface{ cache() Cache[K, R] }

// Of returns the Cache that a Handle stands for. It returns nil for nil.
func Of[K comparable, R any](h Handle[K, R]) Cache[K, R] {
	if h == nil {
		return nil
	}
	return h.cache()
}

// Sealed is a Handle, and what embeds it is one too.
type Sealed[K comparable, R any] struct{ inner Cache[K, R] }

// Seal returns a Handle that stands for a Cache.
func Seal[K comparable, R any](c Cache[K, R]) Sealed[K, R] { return Sealed[K, R]{c} }

func (s Sealed[K, R]) cache() Cache[K, R] { return s.inner }
