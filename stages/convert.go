package stages

import "context"

// Convert returns a Source that converts the values of another, once for each loaded value. If convert returns an
// error, its key fails and is not retried. convert is called concurrently.
func Convert[K comparable, V, W any](source Source[K, V], convert func(V) (W, error)) Source[K, W] {
	return converted[K, V, W]{source: source, convert: convert}
}

type converted[K comparable, V, W any] struct {
	source  Source[K, V]
	convert func(V) (W, error)
}

func (c converted[K, V, W]) Load(ctx context.Context, b *Batch[K, W]) error {
	inner := NewBatch[K, V](b.Keys)
	err := inner.close(c.source.Load(ctx, inner))
	b.extra += inner.extra
	for i, r := range inner.results {
		if !inner.settled[i] {
			continue
		}
		out := Result[W]{Err: r.Err, State: r.State}
		if r.State == Loaded {
			var bad error
			if out.Value, bad = c.convert(r.Value); bad != nil {
				out.Err, out.State = WithClass(bad, Permanent), Failed
			}
		}
		b.results[i], b.settled[i] = out, true
	}
	return err
}
