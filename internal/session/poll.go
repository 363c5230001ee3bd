package session

import (
	"cmp"
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/failpoint"
)

const (
	// pollWait is how long Poll waits for a first record, so that the loop
	// around it turns.
	pollWait = time.Second
	// buffered is how long a poll waits for records that are already here.
	buffered = 10 * time.Millisecond
)

// Poll returns the next records: it waits for MaxRecords or Limit, for MaxBytes
// or until Linger has passed since the commit before, and takes up to MaxPollRecords where they
// are there already. Records of one partition are in order. The batch is empty,
// without an error, when a second passed without records, as in a pause or
// without partitions.
//
// A batch that is not empty keeps rebalances waiting until Commit or GiveBack;
// one of them must follow. An error leaves nothing held: what was polled
// before it is polled again. When ctx ends its error is returned; other errors
// are fatal for the pipeline, or for the session where Recoverable says so.
func (s *Session) Poll(ctx context.Context) ([]*kgo.Record, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	wait, cancel := context.WithCancel(ctx)
	defer cancel()
	closing := time.AfterFunc(s.resumeDue(pollWait), cancel)
	defer closing.Stop()
	batch, err := s.collect(ctx, wait, closing)
	if err != nil {
		return nil, err
	}
	s.held = len(batch)
	if len(batch) == 0 {
		return nil, s.endEmptyPoll(ctx)
	}
	failpoint.Hit(failpoint.AfterPoll)
	return batch, nil
}

// collect polls until the batch is full or wait has ended. The first records
// set closing to the linger. On an error nothing is held.
func (s *Session) collect(ctx, wait context.Context, closing *time.Timer) ([]*kgo.Record, error) {
	var batch []*kgo.Record
	var bytes int
	limit, most := s.maxRecords()
	atOnce := false // It takes only what is already here.
	for len(batch) < limit && bytes < s.cfg.MaxBytes {
		if len(batch) > 0 && atOnce && s.cl.BufferedFetchRecords() == 0 {
			break
		}
		fetches := s.cl.PollRecords(wait, s.size.records(s.cfg.MaxBytes-bytes, most-len(batch)))
		before := len(batch)
		var got int
		batch, got = s.take(batch, fetches)
		bytes += got
		if err := cmp.Or(s.fetchError(fetches), ctx.Err()); err != nil {
			return nil, s.dropPolled(ctx, err)
		}
		if s.tx != nil && s.unsettled.Swap(false) {
			// The transaction session would abort this batch for partitions
			// that were taken away before it: settle that at once, without
			// doing the batch's work in vain.
			if err := s.settleRevoked(ctx); err != nil {
				return nil, err
			}
			batch, bytes = batch[:0], 0
			continue
		}
		if err := s.readTimes(ctx, batch[before:]); err != nil {
			return nil, s.dropPolled(ctx, err)
		}
		outside := len(batch) == 0 && !fetches.Empty() // Only records that are outside of the ends.
		if outside || isDone(wait) {
			break
		}
		if before == 0 && len(batch) > 0 {
			linger := s.linger()
			if atOnce = linger <= 0; atOnce {
				linger = buffered
			}
			closing.Reset(linger)
		}
	}
	return batch, nil
}

func isDone(ctx context.Context) bool { return ctx.Err() != nil }

// linger is how long a batch waits for more records after its first ones: for the rest of Linger since the commit before. So a batch that
// comes long after it does not wait, and commits do not follow each other faster. The first batch waits for the whole Linger, because
// several brokers send its first records.
func (s *Session) linger() time.Duration {
	if s.commitTime.IsZero() {
		return s.cfg.Linger
	}
	return time.Until(s.commitTime.Add(s.cfg.Linger))
}

// settleRevoked ends the transaction session's work on partitions that were
// revoked, and lets rebalances go on.
func (s *Session) settleRevoked(ctx context.Context) error {
	if err := s.rewind(ctx); err != nil {
		return err
	}
	s.settleRetries(false)
	s.allowRebalance()
	return nil
}

// endEmptyPoll ends a poll without records. It too keeps rebalances waiting.
func (s *Session) endEmptyPoll(ctx context.Context) error {
	var err error
	if s.bounds.ends != nil {
		err = s.skipGaps(ctx)
	}
	s.settleRetries(true)
	s.allowRebalance()
	return err
}

// take appends the records of fetches, and returns their size in bytes.
func (s *Session) take(batch []*kgo.Record, fetches kgo.Fetches) ([]*kgo.Record, int) {
	if batch == nil {
		if n := fetches.NumRecords(); n > 0 {
			batch = make([]*kgo.Record, 0, n)
		}
	}
	var bytes, records int
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) == 0 {
			return
		}
		s.noteLag(p)
		taken := s.bounds.within(p.Topic, p.Partition, s.takeDue(p))
		batch = append(batch, taken...)
		records += len(taken)
		for _, r := range taken {
			bytes += recordBytes(r)
		}
	})
	s.size.observe(bytes, records)
	return batch, bytes
}

// dropPolled gives up what Poll has collected, for err.
func (s *Session) dropPolled(ctx context.Context, err error) error {
	if rewindErr := s.rewind(ctx); rewindErr != nil {
		err = rewindErr
	}
	s.settleRetries(false)
	s.allowRebalance()
	return err
}

func recordBytes(r *kgo.Record) int {
	n := len(r.Key) + len(r.Value)
	for i := range r.Headers {
		n += len(r.Headers[i].Key) + len(r.Headers[i].Value)
	}
	return n
}

// averageSize guesses how many records fill a number of bytes: the client
// hands out records, not bytes.
type averageSize struct {
	bytes float64
}

// firstRecordBytes is guessed before a record was seen.
const firstRecordBytes = 8 << 10

// observe takes a larger average at once and a smaller one slowly, since it
// is too many bytes that do harm.
func (a *averageSize) observe(bytes, records int) {
	if records == 0 {
		return
	}
	seen := float64(bytes) / float64(records)
	switch {
	case a.bytes == 0 || seen > a.bytes:
		a.bytes = seen
	default:
		a.bytes += (seen - a.bytes) / 4
	}
}

// records returns how many records to ask for, at least one.
func (a *averageSize) records(bytes, limit int) int {
	average := a.bytes
	if average == 0 {
		average = firstRecordBytes
	}
	return int(min(max(float64(bytes)/max(average, 1), 1), float64(limit)))
}
