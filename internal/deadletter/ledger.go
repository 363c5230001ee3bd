package deadletter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/topicread"
)

// State is what has become of a dead letter.
type State string

// The states.
const (
	Open      State = "open"      // nothing yet
	Redriven  State = "redriven"  // sent back to its input topic
	Parked    State = "parked"    // came back too often; a copy is in the parking topic
	Dismissed State = "dismissed" // nothing will be done about it
)

// States are all of them.
func States() []State { return []State{Open, Redriven, Parked, Dismissed} }

// LedgerTopic is the name of the topic that holds the states of a dead-letter topic.
func LedgerTopic(deadLetters string) string { return deadLetters + "-ledger" }

// ParkingTopic is the name of the topic of those dead letters that came back too often.
func ParkingTopic(deadLetters string) string { return deadLetters + "-parked" }

// LedgerSpec is the ledger of a dead-letter topic, to be created.
func LedgerSpec(deadLetters string) kafkaadmin.TopicSpec {
	return kafkaadmin.TopicSpec{Name: LedgerTopic(deadLetters), Partitions: 1, Configs: map[string]string{cleanupPolicy: "compact"}}
}

const cleanupPolicy = "cleanup.policy"

// Entry is the value of a ledger's record, whose key is the coordinates of a dead letter. No value means open again.
type Entry struct {
	State State     `json:"state"`
	At    time.Time `json:"at"`
	By    string    `json:"by,omitempty"` // who did it, as user@host
	// DeadAt is the dead letter's timestamp in milliseconds since 1970. By it, an entry of a topic that was deleted and
	// created anew differs from an entry of the present topic.
	DeadAt int64 `json:"died"`
}

// record is the entry in the ledger of a dead-letter topic.
func (e Entry) record(deadLetters string, of Coordinates) (*kgo.Record, error) {
	r := &kgo.Record{Topic: LedgerTopic(deadLetters), Key: []byte(of.String())}
	if e.State == Open {
		return r, nil
	}
	value, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("write a ledger entry: %w", err)
	}
	r.Value = value
	return r, nil
}

// ledger is the entries of those dead letters that are not open.
type ledger map[Coordinates]Entry

// of gives a dead letter its state.
func (l ledger) of(letter *Letter) {
	if e, ok := l[letter.Coordinates]; ok && e.DeadAt == letter.Record.Timestamp.UnixMilli() {
		letter.State, letter.Entry = e.State, e
	}
}

var errNoLedger = errors.New("the ledger does not exist")

// readLedger reads the ledger to the ends that listEnds finds: kadm.Client.ListCommittedOffsets for what is visible now, or
// ListEndOffsets for all that was written. If a transaction is open, reading all of it waits for its end. The error is
// errNoLedger if there is no ledger.
func (q Queue) readLedger(ctx context.Context, listEnds kafkaadmin.ListOffsets) (ledger, error) {
	topic := LedgerTopic(q.Topic)
	ends, err := kafkaadmin.CompleteOffsets(ctx, listEnds, topic)
	switch {
	case isUnknownTopic(err), err == nil && len(ends[topic]) == 0:
		return ledger{}, errNoLedger
	case err != nil:
		return nil, err
	}
	to := offsetexpr.Position{Kind: offsetexpr.Partitions, At: map[int32]int64{}}
	ends.Each(func(o kadm.ListedOffset) { to.At[o.Partition] = o.Offset })
	entries := ledger{}
	err = topicread.Read(ctx, topicread.Config{Kafka: q.Kafka, Topics: []string{topic}, To: &to}, func(r *kgo.Record) error {
		of, err := ParseCoordinates(string(r.Key))
		if err != nil {
			return fmt.Errorf("topic %s has a record at %d:%d that is not a ledger entry: its key is %q", topic, r.Partition, r.Offset, r.Key)
		}
		if r.Value == nil {
			delete(entries, of)
			return nil
		}
		var e Entry
		if err := json.Unmarshal(r.Value, &e); err != nil || !slices.Contains(States(), e.State) {
			return fmt.Errorf("topic %s has a record at %d:%d that is not a ledger entry of this version", topic, r.Partition, r.Offset)
		}
		entries[of] = e
		return nil
	})
	return entries, errors.Join(err, context.Cause(ctx))
}

// ensureLedger creates the ledger where it is missing, and refuses one that would forget.
func (q Queue) ensureLedger(ctx context.Context, admin *kadm.Client) error {
	if err := q.ensure(ctx, LedgerSpec(q.Topic)); err != nil {
		return err
	}
	topic := LedgerTopic(q.Topic)
	configs, err := admin.DescribeTopicConfigs(ctx, topic)
	if err != nil || len(configs) != 1 || configs[0].Err != nil {
		return nil //nolint:nilerr // Its configuration may be none of this user's business.
	}
	for _, c := range configs[0].Configs {
		if c.Key == cleanupPolicy && c.Value != nil && strings.TrimSpace(*c.Value) != "compact" {
			return fmt.Errorf("topic %s has cleanup.policy=%s, and would forget what was redriven: set it to compact", topic, *c.Value)
		}
	}
	return nil
}

// ensure creates a topic where it is missing.
func (q Queue) ensure(ctx context.Context, spec kafkaadmin.TopicSpec) error {
	_, err := kafkaadmin.Describe(ctx, q.Kafka, spec.Name)
	if _, missing := errors.AsType[*kafkaerr.TopicMissingError](err); !missing {
		return err
	}
	if err := kafkaadmin.CreateTopics(ctx, q.Kafka, spec); err != nil {
		return fmt.Errorf("%w; create it by hand with %s, or allow this user Create on it", err, describeSpec(spec))
	}
	return nil
}

func describeSpec(spec kafkaadmin.TopicSpec) string {
	text := plural.Count(spec.Partitions, "partition")
	if policy := spec.Configs[cleanupPolicy]; policy != "" {
		text += " and " + cleanupPolicy + "=" + policy
	}
	return text
}
