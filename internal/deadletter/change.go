package deadletter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/time/rate"

	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

// One transaction holds as many dead letters, and as many bytes of them, at most.
const (
	maxRecords = 500
	maxBytes   = 4 << 20
)

// change moves dead letters from one state to another, many in a transaction.
type change struct {
	queue    Queue
	writer   *writer
	by       string
	progress func(done int64)

	// batch is how many dead letters a transaction has at most, and rate how many there are a second, if there is a limit.
	batch int
	rate  *rate.Limiter

	records  []*kgo.Record
	bytes    int
	pending  Outcome // of records
	done     Outcome // what is committed
	finished int64   // dead letters in done
	letters  int
}

// change begins to change the selected dead letters. It fences any other process that changes them, and then reads what that
// process has done.
func (q Queue) change(ctx context.Context, s *selection, by string) (*change, error) {
	c := &change{queue: q, by: by, batch: maxRecords}
	return c, q.administer(func(admin *kadm.Client) error {
		if err := q.ensureLedger(ctx, admin); err != nil {
			return err
		}
		infos, err := kafkaadmin.Describe(ctx, q.Kafka, q.Inputs...)
		if err != nil {
			return err
		}
		parking := kafkaadmin.DefaultMaxMessageBytes
		if dead, err := kafkaadmin.Describe(ctx, q.Kafka, q.Topic); err == nil {
			parking = dead[q.Topic].MaxMessageBytes
		}
		limit := func(topic string) int {
			if info, ok := infos[topic]; ok {
				return info.MaxMessageBytes
			}
			return parking
		}
		if c.writer, err = openWriter(ctx, q.Kafka, s.filter.Pipeline, limit); err != nil {
			return err
		}
		// Only now can nobody else write for this pipeline: what the ledger holds is all that was done. Its last stable offset
		// will not do: a transaction of another pipeline that is open may hold that back.
		if s.ledger, err = q.readLedger(ctx, admin.ListEndOffsets); err != nil {
			c.close()
		}
		if errors.Is(err, errNoLedger) { // It is, or was created just now: without it nobody knows what was sent.
			return fmt.Errorf("topic %s is not known to all brokers yet; run it again", LedgerTopic(q.Topic))
		}
		return err
	})
}

func (c *change) close() { c.writer.close() }

// add gives a dead letter a state, and publishes a record for it, if there is one, with the ledger's entry.
func (c *change) add(ctx context.Context, l Letter, to State, record *kgo.Record) error {
	entry, err := Entry{State: to, At: time.Now().UTC().Truncate(time.Millisecond), By: c.by, DeadAt: l.Record.Timestamp.UnixMilli()}.record(c.queue.Topic, l.Coordinates)
	if err != nil {
		return err
	}
	c.records = append(c.records, entry)
	if record != nil {
		c.records = append(c.records, record)
		c.bytes += envelope.WireSize(record)
	}
	switch to {
	case Redriven:
		c.pending.Redriven++
	case Parked:
		c.pending.Parked++
	case Dismissed:
		c.pending.Dismissed++
	case Open:
		c.pending.Reopened++
	}
	c.letters++
	if c.letters < c.batch && c.bytes < maxBytes {
		return nil
	}
	return c.flush(ctx)
}

// limit limits the dead letters a second; zero is no limit. A transaction has those of a tenth of a second.
func (c *change) limit(perSecond float64) {
	if perSecond > 0 {
		c.batch = max(1, min(maxRecords, int(perSecond/10)))
		c.rate = rate.NewLimiter(rate.Limit(perSecond), c.batch)
	}
}

// flush commits what was added.
func (c *change) flush(ctx context.Context) error {
	if c.letters == 0 {
		return nil
	}
	if c.rate != nil {
		if err := c.rate.WaitN(ctx, c.letters); err != nil {
			return err
		}
	}
	if err := c.writer.commit(ctx, c.records); err != nil {
		return err
	}
	c.done.Redriven += c.pending.Redriven
	c.done.Parked += c.pending.Parked
	c.done.Dismissed += c.pending.Dismissed
	c.done.Reopened += c.pending.Reopened
	c.finished += int64(c.letters)
	c.records, c.bytes, c.letters, c.pending = nil, 0, 0, Outcome{}
	if c.progress != nil {
		c.progress(c.finished)
	}
	return nil
}
