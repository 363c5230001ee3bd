package backlog

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/nextrecord"
	"github.com/loaderline/loaderline/internal/opentxn"
)

// leastTime is the least time that a question to the cluster may take, however often the cluster is asked.
const leastTime = 2 * time.Second

// quiet is how long a partition must not move before the cluster is asked what is left in it.
func (w *Watch) quiet() time.Duration { return w.cfg.Patience / 10 }

// refresh compares the committed offsets with the ends.
func (w *Watch) refresh(parent context.Context, client *kgo.Client) error {
	admin := kadm.NewClient(client)
	ctx, cancel := context.WithTimeout(parent, max(w.cfg.Every, leastTime))
	defer cancel()
	asked := time.Now()
	groups, err := admin.Lag(ctx, w.cfg.Group)
	if err != nil {
		return err
	}
	group := groups[w.cfg.Group]
	if err := group.Error(); errors.Is(err, kerr.GroupIDNotFound) {
		return nil // Nobody has joined it yet.
	} else if err != nil {
		return err
	}
	states := w.next(group, asked)
	if err := w.examine(ctx, client, states, asked); err != nil {
		w.cfg.Logger.LogAttrs(ctx, slog.LevelDebug, "the rest of the lag is not known", slog.Any("error", err))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer(asked, states)
	return nil
}

// next returns the partitions of this process as the group has them now. While the group rebalances, no member has
// any, and this process keeps its own. Otherwise a partition that no member has belongs to every process.
func (w *Watch) next(group kadm.DescribedGroupLag, now time.Time) map[kadm.Partition]Partition {
	w.mu.Lock()
	defer w.mu.Unlock()
	settled := group.State == "Stable" || group.State == "Empty" || group.State == "Dead"
	running := slices.ContainsFunc(w.cfg.Status(), func(worker loaderline.WorkerStatus) bool { return !worker.Ended })
	states := map[kadm.Partition]Partition{}
	for _, lag := range group.Lag.Sorted() {
		at := kadm.Partition{Topic: lag.Topic, Partition: lag.Partition}
		old, known := w.states[at]
		owned := lag.Member != nil && lag.Member.ClientID == w.cfg.ClientID
		orphan := lag.Member == nil && running && (known || settled && slices.Contains(w.cfg.Topics, lag.Topic))
		switch {
		case !owned && !orphan:
		case lag.Err == nil && lag.Commit.At >= 0:
			if !known {
				old = Partition{Topic: lag.Topic, Number: lag.Partition, Moved: now, stable: -1, found: -1}
			}
			old.Owned = owned
			states[at] = old.next(lag.Commit.At, lag.End.Offset, now)
		case known:
			states[at] = old
		}
	}
	return states
}

// next returns the partition with other offsets.
func (p Partition) next(committed, end int64, now time.Time) Partition {
	end = max(end, committed)
	if committed != p.Committed {
		p.Moved, p.empty = now, committed
	}
	if committed != p.Committed || end != p.End {
		p.Committed, p.End, p.still = committed, end, now
	}
	switch {
	case end == committed:
		p.Since, p.idled, p.Waiting, p.Blocked = time.Time{}, true, false, nil
	case p.Since.IsZero():
		p.Since = now
	}
	if end > committed {
		p.Waiting = true
	}
	return p
}

// examine finds out what is left in the partitions that have not moved for a moment. It asks only for these.
func (w *Watch) examine(ctx context.Context, client *kgo.Client, states map[kadm.Partition]Partition, now time.Time) error {
	admin := kadm.NewClient(client)
	var topics []string
	for _, p := range states {
		if p.End > p.Committed && now.Sub(p.Moved) >= w.quiet() && !slices.Contains(topics, p.Topic) {
			topics = append(topics, p.Topic)
		}
	}
	if len(topics) == 0 {
		return nil
	}
	stable, err := admin.ListCommittedOffsets(ctx, topics...)
	if err != nil {
		return err
	}
	ids, err := admin.ListTopics(ctx, topics...)
	if err != nil {
		return err
	}
	left := w.withLastStable(states, stable, now)
	err = lookAll(ctx, client, ids, states, left)
	open := kadm.TopicsSet{}
	for _, at := range left {
		p := states[at]
		if p.found != p.Committed && p.stable == p.last { // No record waits, and none came.
			p.Waiting = false
		}
		if p.blockedAt(p.last) {
			open.Add(at.Topic, at.Partition)
		} else {
			p.Blocked = nil
			if !p.Waiting {
				p.Since, p.idled = now, true
			}
		}
		states[at] = p
	}
	if err != nil {
		return err
	}
	return w.block(ctx, admin, states, open, now)
}

// withLastStable returns the partitions that have not moved for a moment, and gives them their last stable offsets.
func (w *Watch) withLastStable(states map[kadm.Partition]Partition, stable kadm.ListedOffsets, now time.Time) (left []kadm.Partition) {
	for at, p := range states {
		last, ok := stable.Lookup(at.Topic, at.Partition)
		if p.End == p.Committed || now.Sub(p.Moved) < w.quiet() || !ok || last.Err != nil {
			continue
		}
		p.last = last.Offset
		states[at] = p
		left = append(left, at)
	}
	return left
}

// lookAll finds out in which of some partitions a record waits before the last stable offset, if no earlier finding still holds.
func lookAll(ctx context.Context, client *kgo.Client, topics kadm.TopicDetails, states map[kadm.Partition]Partition, left []kadm.Partition) error {
	var unknown []nextrecord.Position
	for _, at := range left {
		if p := states[at]; !p.known() {
			unknown = append(unknown, nextrecord.Position{Topic: p.Topic, Partition: p.Number, Offset: max(p.Committed, p.empty)})
		}
	}
	found, err := nextrecord.FindAll(ctx, client, topics, unknown)
	for i, next := range found {
		at := kadm.Partition{Topic: unknown[i].Topic, Partition: unknown[i].Partition}
		p := states[at]
		p.find(next)
		states[at] = p
	}
	return err
}

// known reports whether an earlier finding still holds: a record waits, or none waits and none came.
func (p *Partition) known() bool { return p.found == p.Committed || p.stable == p.last }

// find takes what was found before the last stable offset: a record that waits, or nothing. Where nobody can say at the moment,
// it is asked again.
func (p *Partition) find(next nextrecord.Record) {
	p.empty = next.Offset
	switch {
	case !next.Time.IsZero():
		p.found = p.Committed
	case next.Offset >= p.last:
		p.stable = p.last
	}
}

// blockedAt reports whether what is left is behind the last stable offset.
func (p *Partition) blockedAt(last int64) bool { return !p.Waiting && last < p.End }

// block names the transactions that partitions wait for. Kafka before 2.8 cannot say whose they are.
func (w *Watch) block(ctx context.Context, admin *kadm.Client, states map[kadm.Partition]Partition, open kadm.TopicsSet, now time.Time) error {
	if len(open) == 0 {
		return nil
	}
	found, err := opentxn.Find(ctx, admin, open)
	for _, t := range found {
		delete(open[t.Topic], t.Partition)
	}
	for topic, partitions := range open {
		for p := range partitions {
			found = append(found, opentxn.Transaction{Topic: topic, Partition: p, Offset: states[kadm.Partition{Topic: topic, Partition: p}].last, ProducerID: opentxn.Unknown})
		}
	}
	for _, t := range found {
		at := kadm.Partition{Topic: t.Topic, Partition: t.Partition}
		p := states[at]
		if before := p.Blocked; before != nil && before.ProducerID == t.ProducerID && before.Offset == t.Offset {
			t.Since = before.Since
		}
		if t.Since.IsZero() {
			t.Since = now
		}
		p.Blocked = &t
		p.Waiting = now.Sub(t.Since) >= w.cfg.Patience/3
		states[at] = p
	}
	return err
}
