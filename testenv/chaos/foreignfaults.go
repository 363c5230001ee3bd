package chaos

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// foreignOnInput and foreignOnOutput make another producer open a transaction in a topic and leave it open. Readers of
// committed records see nothing behind it until it has ended.
var (
	foreignOnInput = Fault{
		Name: "foreign transaction open on the input",
		Inject: func(ctx context.Context, r *Round) error {
			const offsets = 2 // of a partition: the record and the marker
			if err := r.openForeign(ctx, r.input); err != nil {
				return err
			}
			r.strangers.Add(int64(offsets * r.partitions))
			return r.awaitNamed(ctx)
		},
		Heal: func(ctx context.Context, r *Round) error { return r.abortForeign(ctx) },
	}
	foreignOnOutput = Fault{
		Name:   "foreign transaction open on the output",
		Inject: func(ctx context.Context, r *Round) error { return r.openForeign(ctx, r.output) },
		Heal:   func(ctx context.Context, r *Round) error { return r.abortForeign(ctx) },
	}
)

// openForeign puts a record of an open transaction into each partition of a topic.
func (r *Round) openForeign(ctx context.Context, topic string) (err error) {
	const longer = 10 * time.Minute // than a round
	r.foreign, err = kgo.NewClient(
		kgo.SeedBrokers(strings.Split(r.kafka, ",")...), kgo.TransactionalID(r.foreignID()), kgo.TransactionTimeout(longer),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	)
	if err != nil {
		return err
	}
	if err := r.foreign.BeginTransaction(); err != nil {
		return err
	}
	records := make([]*kgo.Record, r.partitions)
	for i := range records {
		records[i] = &kgo.Record{Topic: topic, Partition: int32(i), Value: []byte("{}")}
	}
	return r.foreign.ProduceSync(ctx, records...).FirstErr()
}

// foreignID is the transactional ID of the other producer.
func (r *Round) foreignID() string { return r.group + "-foreign" }

func (r *Round) abortForeign(ctx context.Context) error {
	if r.foreign == nil {
		return nil
	}
	err := r.foreign.EndTransaction(ctx, kgo.TryAbort)
	r.foreign.Close()
	r.foreign = nil
	return err
}

// awaitNamed returns once `status` names the producer of the open transaction, and the metrics say that records wait.
func (r *Round) awaitNamed(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	var status, metrics string
	for {
		text, err := r.status(ctx)
		if err == nil {
			status = text
		}
		said, err := r.members[0].says(ctx)
		if err == nil {
			metrics = said.String()
		}
		if said.lag > 0 && strings.Contains(status, r.foreignID()) {
			return nil
		}
		if err := pause(ctx, time.Second); err != nil {
			return fmt.Errorf("records wait behind an open transaction of %s, and nobody names it: %s; status says:\n%s", r.foreignID(), metrics, status)
		}
	}
}

// status is what `loaderline status` says of the pipeline.
func (r *Round) status(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, r.options.Binary, "status", r.file)
	operator := newMember(r, "operator")
	operator.listens(r.lane.http[0])
	cmd.Env = operator.environment()
	out, err := cmd.CombinedOutput()
	return string(out), err
}
