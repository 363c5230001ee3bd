package invalidation

import (
	"context"
	"log/slog"

	"github.com/loaderline/loaderline/internal/topicfollow"
)

// place finds the offset from which each partition is read. A tier that outlives the process continues where it stopped, if
// the topics still have those records. Otherwise it is cleared, and continues at the end, as an empty memory does.
func (r *Reader) place(ctx context.Context, found topicfollow.Extents) {
	r.positions = found.Ends()
	for _, t := range r.tiers {
		t.place(ctx, r, found)
	}
	r.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "reading change topics", slog.Any("topics", r.cfg.Handler.Topics()),
		slog.Int64("records_behind", r.positions.Behind(found.Ends())))
	close(r.placed)
}

// resume finds the offset from which each partition is read after a session has ended. If changes of a topic may have been
// missed, it invalidates everything that the topic may be about.
func (r *Reader) resume(ctx context.Context, was topicfollow.Placement) {
	found := was.Found
	for _, topic := range r.cfg.Handler.Topics() {
		why := found.Missed(r.positions, topic)
		if why == "" && was.Recreated[topic] {
			why = "it was deleted and created again"
		}
		for _, p := range found.Sorted() {
			_, known := r.positions[p]
			switch {
			case p.Topic != topic:
			case why != "":
				r.positions[p] = found.Of[p].End
			case !known:
				r.positions[p] = 0
			}
		}
		if why == "" {
			continue
		}
		for p := range r.positions {
			if _, there := found.Of[p]; !there && p.Topic == topic {
				delete(r.positions, p)
			}
		}
		r.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "changes may have been missed; everything that the topic may have changed is loaded again",
			slog.String("topic", topic), slog.String("reason", why))
		r.cfg.Handler.Lost(ctx, topic)
		for _, t := range r.tiers {
			t.clear(ctx, r)
			t.positions = topicfollow.Positions{}
		}
		r.save(ctx)
	}
}
