package loaderline

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/sink"
)

// refusals are the source records whose outcomes a broker refused as too large, though they kept to the limit that its
// topic had at start. They are dead-lettered when their micro-batch is polled again.
type refusals struct {
	failures map[coordinates]*Failure
}

type coordinates struct {
	topic, partition, offset string
}

// note takes an error of Commit. A broker refuses a batch of records and does not say which is at fault, so the
// largest of them is taken; another refusal takes the next. Any other error is answered.
func (r *refusals) note(err error) error {
	refused, ok := errors.AsType[*consumer.ProduceError](err)
	if !ok || !errors.Is(err, kerr.MessageTooLarge) {
		return err
	}
	largest := refused.Record
	for _, record := range refused.Refused {
		if sink.WireSize(record) > sink.WireSize(largest) {
			largest = record
		}
	}
	at := coordinatesOf(largest)
	if r.failures[at] != nil {
		return fmt.Errorf("the dead letter of topic %s partition %s offset %s is refused as well: %w", at.topic, at.partition, at.offset, err)
	}
	if r.failures == nil {
		r.failures = map[coordinates]*Failure{}
	}
	r.failures[at] = &Failure{
		Kind:    sink.KindTooLarge,
		Message: fmt.Sprintf("the broker refused a record of %d bytes for topic %s as too large", sink.WireSize(largest), refused.Topic),
	}
	return nil
}

// forget is called when a micro-batch was committed.
func (r *refusals) forget() { r.failures = nil }

// failure is why a source record is to be dead-lettered, or nil.
func (r *refusals) failure(src *kgo.Record) *Failure {
	if r.failures == nil {
		return nil
	}
	return r.failures[coordinates{src.Topic, strconv.Itoa(int(src.Partition)), strconv.FormatInt(src.Offset, 10)}]
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
