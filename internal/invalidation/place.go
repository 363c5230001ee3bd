package invalidation

import (
	"context"
	"fmt"
	"log/slog"
)

// place finds the offset from which each partition is read. A tier that outlives the process continues where it stopped, if
// the topics still have those records. Otherwise it is cleared, and continues at the end, as an empty memory does.
func (r *Reader) place(ctx context.Context, found extents) {
	if r.positions == nil {
		r.ids = found.ids
		r.positions = found.ends()
		for _, t := range r.tiers {
			t.place(ctx, r, found)
		}
		r.targets = found.ends()
		r.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "reading change topics", slog.Any("topics", r.cfg.Handler.Topics()),
			slog.Int64("records_behind", behind(r.positions, r.targets)))
		close(r.placed)
	} else {
		r.resume(ctx, found)
	}
	r.looked(found)
	r.note(ctx)
}

// resume finds the offset from which each partition is read after a session has ended. If changes of a topic may have been
// missed, it invalidates everything that the topic may be about.
func (r *Reader) resume(ctx context.Context, found extents) {
	for topic, id := range found.ids {
		r.recreated[topic] = r.recreated[topic] || id != r.ids[topic]
	}
	r.ids = found.ids
	for _, topic := range r.cfg.Handler.Topics() {
		why := missed(found, r.positions, topic)
		if why == "" && r.recreated[topic] {
			why = "it was deleted and created again"
		}
		delete(r.recreated, topic)
		for _, p := range found.sorted() {
			_, known := r.positions[p]
			switch {
			case p.Topic != topic:
			case why != "":
				r.positions[p] = found.of[p].End
			case !known:
				r.positions[p] = 0
			}
		}
		if why == "" {
			continue
		}
		for p := range r.positions {
			if _, there := found.of[p]; !there && p.Topic == topic {
				delete(r.positions, p)
				delete(r.targets, p)
			}
		}
		r.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "changes may have been missed; everything that the topic may have changed is loaded again",
			slog.String("topic", topic), slog.String("reason", why))
		r.cfg.Handler.Lost(ctx, topic)
		for _, t := range r.tiers {
			t.clear(ctx, r)
			t.positions = positions{}
		}
		r.save(ctx)
	}
}

// missed says why something of a topic may have been missed that was read up to some positions, or nothing.
func missed(found extents, at positions, topic string) string {
	known := false
	for p := range at {
		known = known || p.Topic == topic
		if _, there := found.of[p]; !there && p.Topic == topic {
			return fmt.Sprintf("partition %d does not exist any more: it was deleted and created again", p.Partition)
		}
	}
	if !known {
		return "it has not been read before"
	}
	for _, p := range found.sorted() {
		if p.Topic != topic {
			continue
		}
		position, read := at[p]
		switch x := found.of[p]; {
		case !read && x.Start > 0, read && position < x.Start:
			return fmt.Sprintf("partition %d begins at %d, after position %d: retention has removed records that were not read", p.Partition, x.Start, position)
		case position > x.End:
			return fmt.Sprintf("partition %d ends at %d, before position %d: it was created again, or has lost records", p.Partition, x.End, position)
		}
	}
	return ""
}

// behind is the number of offsets from positions to others.
func behind(at, ends positions) int64 {
	var n int64
	for p, end := range ends {
		n += max(end-at[p], 0)
	}
	return n
}
