package invalidation

import (
	"context"
	"log/slog"
	"maps"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/topicfollow"
)

// Tier is the part of a cachetier.Tier that keeps how far changes have been applied to it, and what a Reader needs where that
// is not known.
type Tier interface {
	Name() string
	Positions(ctx context.Context) ([]cachetier.Position, error)
	SavePositions(ctx context.Context, at []cachetier.Position) error
	InvalidateAll(ctx context.Context, space string)
	Clear(ctx context.Context) error
}

// durable is a tier that outlives the process.
type durable struct {
	tier Tier
	// positions are the positions that were saved in the tier. A save that failed is tried again.
	positions topicfollow.Positions
	failing   bool
}

// place lets the reading begin early enough for the tier, or clears the tier where that is not possible any more.
func (t *durable) place(ctx context.Context, r *Reader, found topicfollow.Extents) {
	saved, err := t.tier.Positions(ctx)
	if err != nil {
		t.failed(ctx, r, "read its positions", err)
		saved = nil
	}
	recreated := t.take(r, saved, found)
	why := ""
	for _, topic := range r.cfg.Handler.Topics() {
		of := found.Missed(t.positions, topic)
		if recreated[topic] {
			of = "it was deleted and created again"
		}
		if of != "" {
			why = "topic " + topic + ": " + of
			break
		}
	}
	if why == "" {
		for p, end := range r.positions {
			r.positions[p] = min(end, t.positions[p])
		}
		return
	}
	if len(t.positions) == 0 && len(recreated) == 0 && err == nil {
		// It is new to this scope. What it holds for others has their positions.
		for _, space := range r.cfg.Scope.Spaces {
			t.tier.InvalidateAll(ctx, space)
		}
		t.save(ctx, r, found.Ends())
		return
	}
	if len(t.positions) > 0 || len(recreated) > 0 {
		r.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "a cache may have missed changes and is cleared", slog.String("tier", t.tier.Name()), slog.String("reason", why))
	}
	t.clear(ctx, r)
	t.positions = topicfollow.Positions{}
	t.save(ctx, r, found.Ends())
}

// take takes the positions of the topics as they are now. It returns the topics that have only positions from before they
// were deleted and created again.
func (t *durable) take(r *Reader, saved []cachetier.Position, found topicfollow.Extents) map[string]bool {
	t.positions = topicfollow.Positions{}
	recreated, known := map[string]bool{}, map[string]bool{}
	for _, s := range saved {
		topic, id, ok := r.cfg.Scope.topic(s.Topic)
		switch {
		case !ok:
		case id != found.IDs[topic]:
			recreated[topic] = true
		default:
			known[topic] = true
			t.positions[kadm.Partition{Topic: topic, Partition: s.Partition}] = s.Offset
		}
	}
	maps.DeleteFunc(recreated, func(topic string, _ bool) bool { return known[topic] })
	return recreated
}

// clear clears the tier. Where it does not answer, it is told to forget each stage: until it has heard that, it gives
// nothing to this process.
func (t *durable) clear(ctx context.Context, r *Reader) {
	if err := t.tier.Clear(ctx); err != nil {
		t.failed(ctx, r, "clear it", err)
		for _, topic := range r.cfg.Handler.Topics() {
			r.cfg.Handler.Lost(ctx, topic)
		}
	}
}

// save tells the tier positions that it does not have yet.
func (t *durable) save(ctx context.Context, r *Reader, at topicfollow.Positions) {
	told := topicfollow.Positions{}
	var news []cachetier.Position
	for p, offset := range at {
		if before, ok := t.positions[p]; !ok || before < offset {
			told[p] = offset
			news = append(news, cachetier.Position{Topic: r.cfg.Scope.qualified(p.Topic, r.ids[p.Topic]), Partition: p.Partition, Offset: offset})
		}
	}
	if len(news) == 0 {
		return
	}
	if err := t.tier.SavePositions(ctx, news); err != nil {
		t.failed(ctx, r, "save its positions", err)
		return
	}
	t.failing = false
	maps.Copy(t.positions, told)
}

// failed logs the first failure of several.
func (t *durable) failed(ctx context.Context, r *Reader, what string, err error) {
	level := slog.LevelDebug
	if !t.failing && !ended(ctx) {
		level = slog.LevelWarn
	}
	t.failing = true
	r.cfg.Logger.LogAttrs(ctx, level, "a cache does not know how far changes were applied; after a restart it may be cleared",
		slog.String("tier", t.tier.Name()), slog.String("failed", what), slog.Any("error", err))
}
