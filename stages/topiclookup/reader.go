package topiclookup

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/logattr"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/topicfollow"
)

const (
	// applyAtOnce bounds the changes that lookups have to wait for.
	applyAtOnce = 512
	// placeEvery is how often a place is stored if only its time is new.
	placeEvery = 10 * time.Second

	progressEvery = 5 * time.Second
	warnEvery     = time.Minute
)

// reader applies the records of the topic to the table, as the Handler of its Follower. One goroutine uses it.
type reader struct {
	table *table
	at    place // up to where the store has the topic
	saved place // as it was stored last

	changes           []change
	warned, reported  time.Time
	began             time.Time // of the first reading, or of the last one from the start
	waiting           bool      // until the table is complete
	nextPrune         time.Time
	badWarned         time.Time
	tombstonesOutlast time.Duration // how long a topic keeps tombstones
}

func partition(topic string, number int32) kadm.Partition {
	return kadm.Partition{Topic: topic, Partition: number}
}

func offsets(at topicfollow.Positions) map[int32]int64 {
	next := make(map[int32]int64, len(at))
	for p, offset := range at {
		next[p.Partition] = offset
	}
	return next
}

// Topics implements topicfollow.Handler.
func (r *reader) Topics() []string { return []string{r.table.cfg.Topic} }

// Place implements topicfollow.Handler. Reading goes on where it has stopped, if the topic still has everything since then.
// Otherwise the table is emptied and the topic read from its start.
func (r *reader) Place(ctx context.Context, was topicfollow.Placement) (topicfollow.Placed, error) {
	topic := r.table.cfg.Topic
	first := was.At == nil
	from := was.At
	if first {
		r.tombstonesOutlast = inspect(ctx, &r.table.cfg)
		var err error
		if r.at, err = r.table.rows.place(); err != nil {
			return topicfollow.Placed{}, r.diskFailed(err)
		}
		from = r.at.positions(topic)
	}
	why := was.Found.Missed(from, topic)
	switch {
	case was.Recreated[topic], first && len(from) > 0 && r.at.Topic != was.Found.IDs[topic]:
		why = "it was deleted and created again"
	case why == "" && time.Since(r.at.Current) > r.tombstonesOutlast:
		why = "it was not read for longer than it keeps tombstones (delete.retention.ms)"
	}
	anew := why != ""
	if anew {
		if !first || len(from) > 0 {
			r.table.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "the table may have missed records of its topic, which is read again from its start", slog.String("reason", why))
		}
		if err := r.clear(); err != nil {
			return topicfollow.Placed{}, err
		}
		from = was.Found.Starts()
	} else {
		for p, x := range was.Found.Of {
			if _, known := from[p]; !known {
				from[p] = x.Start // It was added.
			}
		}
	}
	r.at.Topic, r.at.Next = was.Found.IDs[topic], offsets(from)
	if first || anew {
		r.began, r.waiting = time.Now(), true
		r.table.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "reading a topic as a table",
			slog.Int64("records_behind", from.Behind(was.Found.Ends())), slog.Bool("from_start", anew))
	}
	return topicfollow.Placed{From: from, Anew: anew}, nil
}

// clear empties the table. Lookups wait from now on until it is full again.
func (r *reader) clear() error {
	t := r.table
	t.state.change(func() { t.state.known.Waiting, t.state.known.Behind = true, -1 })
	t.lock.Lock()
	defer t.lock.Unlock()
	t.filling = true
	t.changes.Add(1)
	r.at, r.saved = place{Current: time.Now()}, place{}
	if err := t.rows.clear(); err != nil {
		return r.diskFailed(err)
	}
	return nil
}

func (r *reader) diskFailed(err error) error {
	return &topicfollow.StopError{Err: fatal(err, "topic %s: the table on disk failed: %v", r.table.cfg.Topic, err)}
}

// Apply implements topicfollow.Handler.
func (r *reader) Apply(ctx context.Context, records []*kgo.Record) error {
	t := r.table
	if t.cfg.Prepare != nil {
		if err := t.cfg.Prepare(ctx, records); err != nil {
			return err
		}
	}
	clear(r.changes)
	r.changes = r.changes[:0]
	next := maps.Clone(r.at.Next)
	for _, record := range records {
		c, does, err := t.decode(record)
		switch {
		case err != nil && !t.cfg.SkipBad:
			return &topicfollow.StopError{Err: badRecord(record, err)}
		case err != nil:
			r.skip(ctx, record, err)
		case does:
			r.changes = append(r.changes, c)
		}
		next[record.Partition] = record.Offset + 1
	}
	return r.apply(r.changes, next)
}

// apply makes changes, and notes up to where the topic is applied with them.
func (r *reader) apply(changes []change, next map[int32]int64) error {
	if r.table.cfg.Retain > 0 {
		if err := r.revise(changes); err != nil {
			return err
		}
	}
	for len(changes) > applyAtOnce {
		if err := r.commit(changes[:applyAtOnce], r.at); err != nil {
			return err
		}
		changes = changes[applyAtOnce:]
	}
	at := r.at
	at.Next = next
	if err := r.commit(changes, at); err != nil {
		return err
	}
	r.at, r.saved = at, at
	return nil
}

func (r *reader) commit(changes []change, at place) error {
	t := r.table
	commit, err := t.rows.prepare(changes, at)
	if err != nil {
		return r.diskFailed(err)
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	t.changes.Add(1) // Before the first lookup that can see it.
	switch err := commit(); {
	case errors.Is(err, errFull):
		keys, _ := t.rows.size()
		return &topicfollow.StopError{Err: fatal(err, "topic %s: the table has %s and takes more than %s of memory: raise memory, or set disk to keep it in files",
			t.cfg.Topic, plural.Count(int(keys), "key"), humanize.IBytes(uint64(t.cfg.MaxBytes)))}
	case err != nil:
		return r.diskFailed(err)
	}
	return nil
}

// Applied implements topicfollow.Handler. It stores the place, which marks of transactions have moved too.
func (r *reader) Applied(ctx context.Context, at topicfollow.Positions, current time.Time) {
	if current.After(r.at.Current) {
		r.at.Current = current
	}
	r.at.Next = offsets(at)
	if !maps.Equal(r.at.Next, r.saved.Next) || r.at.Current.Sub(r.saved.Current) >= placeEvery {
		if err := r.commit(nil, r.at); err != nil {
			r.table.fail(ctx, err)
		}
		r.saved = r.at
	}
	r.prune(ctx)
}

// noted hands on how far the reading is, and logs it while lookups wait.
func (r *reader) noted(ctx context.Context, s topicfollow.Status) {
	t := r.table
	if !s.Waiting && r.waiting {
		t.lock.Lock()
		t.filling = false
		t.lock.Unlock()
	}
	t.state.change(func() { t.state.known = s })
	switch now := time.Now(); {
	case s.Waiting && now.Sub(r.reported) >= progressEvery && now.Sub(r.began) >= progressEvery:
		r.reported = now
		keys, _ := t.rows.size()
		t.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "reading a topic as a table",
			slog.Int64("keys", keys), slog.Int64("records_read", s.Total-s.Behind), slog.Int64("records_behind", s.Behind))
	case !s.Waiting && r.waiting:
		keys, bytes := t.rows.size()
		t.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "the table is complete",
			slog.Int64("keys", keys), slog.Int64("bytes", bytes), slog.Int64("records_read", s.Total), logattr.Seconds("seconds", now.Sub(r.began)))
	}
	r.waiting = r.waiting && s.Waiting
}

// trouble notes that the topic cannot be read, and the end of that.
func (r *reader) trouble(ctx context.Context, err error) {
	t := r.table
	t.state.change(func() { t.state.trouble = err })
	switch {
	case err == nil:
		if !r.warned.IsZero() {
			t.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "the topic of the table is read again")
		}
		r.warned = time.Time{}
	case time.Since(r.warned) >= warnEvery:
		r.warned = time.Now()
		t.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "the topic of the table cannot be read, so rows may be outdated", slog.Any("error", err))
	}
}

// skip counts a bad record, and logs it now and then.
func (r *reader) skip(ctx context.Context, record *kgo.Record, err error) {
	skipped := r.table.skipped.Add(1)
	if time.Since(r.badWarned) < warnEvery {
		return
	}
	r.badWarned = time.Now()
	r.table.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "a bad record of the table was skipped", slog.Int("partition", int(record.Partition)),
		slog.Int64("offset", record.Offset), slog.Uint64("skipped", skipped), slog.Any("error", err))
}
