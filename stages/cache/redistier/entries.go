package redistier

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/loaderline/loaderline/internal/cachetier"
)

// maxAsked is how many keys one MGET asks for: a server does nothing else meanwhile.
const maxAsked = 500

// Get asks for all keys in one pipeline, in a cluster in one for each server. What was answered before a failure is given.
func (t *tier) Get(ctx context.Context, space string, keys []string, hit func(i int, e cachetier.Entry)) {
	if len(keys) == 0 || !t.present() {
		return
	}
	pipe := t.db.Pipeline()
	floors := t.sync(ctx, pipe, 0, space)
	asked := t.ask(ctx, pipe, t.keyspace(space), keys)
	if _, err := t.exec(ctx, pipe); err != nil {
		t.lose(ctx, err, untold{})
	}
	floor, err := t.heard(floors)
	if err != nil {
		return
	}
	now := time.Now()
	for i := range keys {
		if e, began, ok := decode(asked.text(i)); ok && began > floor && now.Before(e.Until) {
			hit(i, e)
		}
	}
}

// asked are the queued commands that ask for keys.
type asked interface{ text(i int) string } // empty where there is nothing

// ask queues the commands for keys. Those of one MGET must be in one slot, so a cluster gets one command for each.
func (t *tier) ask(ctx context.Context, pipe redis.Pipeliner, prefix string, keys []string) asked {
	if t.cfg.Redis.Cluster {
		gets := make(askedEach, len(keys))
		for i, key := range keys {
			gets[i] = pipe.Get(ctx, prefix+key)
		}
		return gets
	}
	var gets askedTogether
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = prefix + key
	}
	for len(names) > 0 {
		n := min(len(names), maxAsked)
		gets = append(gets, pipe.MGet(ctx, names[:n]...))
		names = names[n:]
	}
	return gets
}

type askedEach []*redis.StringCmd

func (a askedEach) text(i int) string { return a[i].Val() }

type askedTogether []*redis.SliceCmd // of maxAsked keys

func (a askedTogether) text(i int) string {
	values := a[i/maxAsked].Val()
	if i %= maxAsked; i < len(values) {
		text, _ := values[i].(string)
		return text
	}
	return ""
}

// Set keeps entries until their Until. It leaves out those whose load began more than half a minute ago: the
// tombstone of an invalidation since then may be gone soon.
func (t *tier) Set(ctx context.Context, space string, keys []string, entries []cachetier.Entry) {
	if !t.present() {
		return
	}
	w := t.writer(t.scripts.set, t.grace.Milliseconds())
	prefix, now := t.keyspace(space), time.Now()
	for i, e := range entries {
		if now.Sub(e.Began) >= t.grace/2 {
			continue
		}
		began := t.clock.atRedis(e.Began)
		value, ok := encode(e, began)
		if !ok {
			continue
		}
		life := max(e.Until.Sub(now).Milliseconds(), 1) // What has ended still takes the place of what was there.
		if err := w.add(ctx, prefix+keys[i], len(value), value, began, life); err != nil {
			t.lose(ctx, err, untold{})
			return
		}
	}
	if err := w.flush(ctx); err != nil {
		t.lose(ctx, err, untold{})
	}
}

// exec sends what is queued and waits for the answers, within the timeout. Its error is the first that means that Redis
// is not there, or not as it must be.
func (t *tier) exec(ctx context.Context, pipe redis.Pipeliner) ([]redis.Cmder, error) {
	ctx, cancel := context.WithTimeout(ctx, t.cfg.Redis.Timeout)
	defer cancel()
	commands, err := pipe.Exec(ctx)
	if err == nil {
		return commands, nil
	}
	answered := false
	for _, c := range commands {
		switch err := c.Err(); {
		case err == nil:
		case errors.Is(err, redis.Nil), redis.HasErrorPrefix(err, "WRONGTYPE"):
			answered = true
		default:
			return commands, t.client.Explain(ctx, err)
		}
	}
	if answered {
		return commands, nil
	}
	// A login that was refused, for one, never comes to the commands.
	return commands, t.client.Explain(ctx, err)
}
