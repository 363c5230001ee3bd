package loaderline

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/sink"
)

// maxFruitless is how many refusals in a row may find no record at fault. Each makes the session publish half as much
// at once or less, so that records which are taken alone are taken long before.
const maxFruitless = 32

// refusals are the source records whose outcomes a broker refuses. They are dead-lettered when their micro-batch is
// polled again.
type refusals struct {
	failures map[coordinates]*Failure
	// shortened have had a dead letter refused that was made before the topic's limit was lowered.
	shortened map[coordinates]bool
	fruitless int
}

type coordinates struct {
	topic, partition, offset string
}

// note takes an error of Commit, and answers it where polling again would not help.
func (r *refusals) note(err error, topics sink.Config) error {
	refused, ok := errors.AsType[*consumer.ProduceError](err)
	if !ok || refused.OfTopic {
		return err
	}
	if len(refused.Records) == 0 {
		if r.fruitless++; r.fruitless > maxFruitless {
			return fmt.Errorf("refused %s, with no record at fault: %w", plural.Count(r.fruitless, "time"), err)
		}
		return nil
	}
	r.fruitless = 0
	for _, refusal := range refused.Records {
		at := coordinatesOf(refusal.Record)
		if refusal.Record.Topic == topics.DeadLetterTopic {
			if sink.WireSize(refusal.Record) > topics.MaxMessageBytes(topics.DeadLetterTopic) && !r.shortened[at] {
				// The limit was lowered: the next one keeps to it, if it can.
				if r.shortened == nil {
					r.shortened = map[coordinates]bool{}
				}
				r.shortened[at] = true
				continue
			}
			return fmt.Errorf("the dead letter of topic %s partition %s offset %s is refused: %w", at.topic, at.partition, at.offset, err)
		}
		if r.failures == nil {
			r.failures = map[coordinates]*Failure{}
		}
		r.failures[at] = failureOf(refusal)
	}
	return nil
}

func failureOf(refusal consumer.Refusal) *Failure {
	topic := refusal.Record.Topic
	reason, _ := errors.AsType[*kerr.Error](refusal.Err)
	switch {
	case isTooLarge(refusal.Err):
		return &Failure{
			Kind:    sink.KindTooLarge,
			Message: fmt.Sprintf("the broker refused a record of %d bytes for topic %s as too large", sink.WireSize(refusal.Record), topic),
		}
	case errors.Is(refusal.Err, kerr.InvalidRecord) && refusal.Record.Key == nil:
		return &Failure{Kind: sink.KindEncode, Message: fmt.Sprintf("the broker refused a record without a key for topic %s (%s)", topic, reason.Message)}
	case errors.Is(refusal.Err, kerr.InvalidTimestamp):
		return &Failure{
			Kind:    sink.KindEncode,
			Message: fmt.Sprintf("the broker refused a record of %s for topic %s (%s)", refusal.Record.Timestamp.UTC().Format("2006-01-02T15:04:05.000Z"), topic, reason.Message),
		}
	default:
		return &Failure{Kind: sink.KindEncode, Message: fmt.Sprintf("the broker refused the record for topic %s (%s)", topic, reason.Message)}
	}
}

func isTooLarge(err error) bool {
	return errors.Is(err, kerr.MessageTooLarge) || errors.Is(err, kerr.RecordListTooLarge)
}

// forget is called with micro-batches that were committed.
func (r *refusals) forget(batches [][]*kgo.Record) {
	r.fruitless = 0
	if len(r.failures) == 0 && len(r.shortened) == 0 {
		return
	}
	for _, batch := range batches {
		for _, src := range batch {
			at := coordinatesIn(src)
			delete(r.failures, at)
			delete(r.shortened, at)
		}
	}
}

// failure is why a source record is to be dead-lettered, or nil.
func (r *refusals) failure(src *kgo.Record) *Failure {
	if len(r.failures) == 0 {
		return nil
	}
	return r.failures[coordinatesIn(src)]
}

func coordinatesIn(src *kgo.Record) coordinates {
	return coordinates{src.Topic, strconv.Itoa(int(src.Partition)), strconv.FormatInt(src.Offset, 10)}
}

func coordinatesOf(published *kgo.Record) coordinates {
	var c coordinates
	for _, h := range published.Headers {
		switch h.Key {
		case sink.HeaderSourceTopic:
			c.topic = string(h.Value)
		case sink.HeaderSourcePartition:
			c.partition = string(h.Value)
		case sink.HeaderSourceOffset:
			c.offset = string(h.Value)
		}
	}
	return c
}
