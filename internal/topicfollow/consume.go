package topicfollow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// pollTime bounds a poll, so that what is known of the ends is looked at.
const pollTime = time.Second

// consume applies what the client gets, and compares it with the ends of the partitions.
func (f *Follower) consume(ctx context.Context, client *kgo.Client) error {
	watching, stop := context.WithCancel(ctx)
	looks := f.watch(watching, client)
	defer func() {
		stop()
		for range looks { // Until it has ended: it uses the client.
		}
	}()
	for {
		if err := f.poll(ctx, client); err != nil || ended(ctx) {
			return err
		}
		select {
		case look := <-looks:
			if look.err != nil {
				f.trouble(ctx, look.err)
				break
			}
			f.healed(ctx)
			if f.changed(look.found) {
				return nil
			}
			f.looked(look.found)
		default:
		}
		f.note(ctx)
	}
}

// look is what watch found.
type look struct {
	found Extents
	err   error
}

// watch asks for the ends of the partitions, again and again, beside the polling: a broker that is away must not hold up
// what others have.
func (f *Follower) watch(ctx context.Context, client *kgo.Client) <-chan look {
	looks := make(chan look)
	go func() {
		defer close(looks)
		tick := time.NewTicker(f.cfg.Every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			found, err := list(ctx, client, f.cfg.Handler.Topics())
			select {
			case looks <- look{found, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return looks
}

// changed reports whether partitions were added, or lost what was read, so that reading has to begin anew.
func (f *Follower) changed(found Extents) bool {
	for topic, id := range found.IDs {
		if id != f.ids[topic] {
			f.recreated[topic] = true
		}
	}
	if len(found.Of) != len(f.positions) || len(f.recreated) > 0 {
		return true
	}
	for p, x := range found.Of {
		if at, known := f.positions[p]; !known || at > x.End {
			return true
		}
	}
	return false
}

// poll applies what has come, and notes how far that is.
func (f *Follower) poll(ctx context.Context, client *kgo.Client) error {
	waiting, cancel := context.WithTimeout(ctx, min(pollTime, f.cfg.Every))
	fetches := client.PollRecords(waiting, pollRecords)
	cancel()
	var records []*kgo.Record
	fetches.EachRecord(func(rec *kgo.Record) {
		if !rec.Attrs.IsControl() {
			records = append(records, rec)
		}
	})
	if len(records) > 0 {
		if err := f.cfg.Handler.Apply(ctx, records); err != nil {
			return err
		}
	}
	fetches.EachRecord(func(rec *kgo.Record) {
		f.positions[kadm.Partition{Topic: rec.Topic, Partition: rec.Partition}] = rec.Offset + 1
	})
	var problem error
	fetches.EachError(func(topic string, number int32, err error) {
		if problem == nil {
			problem = f.judge(topic, number, err)
		}
	})
	return problem
}

// judge is nil for an error that is none. With others the client may have given up the partition: reading begins anew,
// which finds out what was missed.
func (f *Follower) judge(topic string, number int32, err error) error {
	_, lossy := errors.AsType[*kgo.ErrDataLoss](err)
	switch {
	case topic == "" && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)):
		return nil
	case lossy, kafkaerr.IsAny(err, kerr.UnknownTopicID, kerr.InconsistentTopicID, kerr.UnknownTopicOrPartition):
		f.recreated[topic] = true
	}
	return fmt.Errorf("read topic %s, partition %d: %w", topic, number, err)
}
