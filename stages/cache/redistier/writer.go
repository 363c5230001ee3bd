package redistier

import (
	"context"

	"github.com/redis/go-redis/v9"
)

const (
	// maxScript is how many keys one script writes: a server does nothing else meanwhile.
	maxScript = 100
	// maxSent and maxSentBytes bound what is sent together; the timeout is for each such part.
	maxSent      = 500
	maxSentBytes = 1 << 20

	// noMemory is what the script set returns if Redis is full.
	noMemory = int64(2)
)

// writer runs a script for many keys, in parts. The keys of one script must be in one slot, so a cluster runs it for each.
type writer struct {
	tier   *tier
	pipe   redis.Pipeliner
	script *redis.Script
	first  any // of the script's arguments

	keys        []string // of the next script
	args        []any
	sent, bytes int // in the part that is being made
}

func (t *tier) writer(script *redis.Script, first any) *writer {
	return &writer{tier: t, pipe: t.db.Pipeline(), script: script, first: first}
}

// add queues a key with its arguments, of so many bytes, and sends the part that is full.
func (w *writer) add(ctx context.Context, key string, bytes int, args ...any) error {
	if len(w.keys) == 0 {
		w.args = append(w.args, w.first)
	}
	w.keys, w.args = append(w.keys, key), append(w.args, args...)
	w.sent++
	w.bytes += bytes
	if w.sent == maxSent || w.bytes >= maxSentBytes {
		return w.flush(ctx)
	}
	if len(w.keys) == maxScript || w.tier.cfg.Redis.Cluster {
		w.queue(ctx)
	}
	return nil
}

// queue ends a script.
func (w *writer) queue(ctx context.Context) {
	if len(w.keys) > 0 {
		w.script.EvalSha(ctx, w.pipe, w.keys, w.args...)
		w.keys, w.args = nil, nil
	}
}

// flush sends what is queued, and waits until it is done.
func (w *writer) flush(ctx context.Context) error {
	w.queue(ctx)
	if w.pipe.Len() == 0 {
		return nil
	}
	w.sent, w.bytes = 0, 0
	commands, err := w.tier.exec(ctx, w.pipe)
	for _, c := range commands {
		if done, ok := c.(*redis.Cmd); ok && done.Val() == noMemory {
			w.tier.full.Do(func() {
				w.tier.cfg.Logger.WarnContext(ctx, "Redis is full and refuses entries; set a maxmemory-policy that evicts, as allkeys-lru", "tier", w.tier.Name())
			})
		}
	}
	return err
}
