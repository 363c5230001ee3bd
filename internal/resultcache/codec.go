package resultcache

// Codec turns a loader's keys and values into bytes for tiers, and back. It is used concurrently.
type Codec[K comparable, V any] struct {
	// Key is the key's own bytes: distinct for distinct keys, the same in every process.
	Key func(K) string
	// Encode gives the bytes of a value, which the caller does not change.
	Encode func(V) ([]byte, error)
	// Decode is given bytes that are its own to keep.
	Decode func([]byte) (V, error)
}
