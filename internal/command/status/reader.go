package status

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// askTime bounds the questions of one report.
const askTime = 10 * time.Second

// Reader reads the state of a pipeline. It is for one goroutine.
type Reader struct {
	// Waiting is called when Read has to wait for the group's coordinator. Optional.
	Waiting func()

	file   *pipelinefile.File
	kafka  consumer.Kafka
	client *kgo.Client
	admin  *kadm.Client
	// openFor is how long a transaction is open before it is reported.
	openFor time.Duration
	letters
}

// Open makes a Reader. It does not connect yet.
func Open(file *pipelinefile.File, kafka consumer.Kafka) (*Reader, error) {
	client, err := kafkaadmin.NewClient(kafka, kgo.RetryTimeout(askTime))
	if err != nil {
		return nil, err
	}
	return &Reader{file: file, kafka: kafka, client: client, admin: kadm.NewClient(client), openFor: defaultOpenFor}, nil
}

// Close ends the connections.
func (r *Reader) Close() { r.client.Close() }

// Read asks the cluster, and the process at http.listen where one is there.
func (r *Reader) Read(ctx context.Context) (Report, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	report := Report{Pipeline: r.file.Name, Group: r.file.Input.Group, Members: []Member{}, OpenTransactions: []OpenTransaction{}, at: time.Now()}
	if err := r.group(ctx, &report); err != nil {
		return report, err
	}
	if err := r.partitions(ctx, &report); err != nil {
		return report, err
	}
	if err := r.deadLetters(ctx, &report); err != nil {
		return report, err
	}
	if err := r.ages(ctx, &report); err != nil {
		return report, err
	}
	// A process that does not answer, or is another pipeline's, is none to speak of.
	target := admin.Target{Listen: r.file.HTTP.Listen, Pipeline: r.file.Name, Token: r.file.HTTP.Token.Reveal()}
	if said, err := admin.AskStatus(ctx, target); err == nil && said.Pipeline == r.file.Name {
		report.Process = &said
		report.numberMembers(said)
	}
	return report, nil
}

// group reads who takes part.
func (r *Reader) group(ctx context.Context, report *Report) error {
	groups, err := kafkaadmin.Await(ctx, r.Waiting, func(ctx context.Context) (kadm.DescribedGroups, error) {
		groups, err := r.admin.DescribeGroups(ctx, report.Group)
		return groups, cmp.Or(err, groups.Error())
	})
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return r.refused("describe", report.Group, err)
	}
	group := groups[report.Group]
	switch {
	case errors.Is(group.Err, kerr.GroupIDNotFound), group.Err == nil && group.State == "Dead":
		report.State = Absent
		return nil
	}
	report.State = group.State
	for _, m := range group.Members {
		member := Member{
			Instance: strings.TrimPrefix(m.ClientID, kafkaadmin.ClientID("")+"-"), ID: m.MemberID,
			Host: strings.TrimPrefix(m.ClientHost, "/"), Assigned: map[string][]int{},
		}
		if m.InstanceID != nil {
			if n, err := strconv.Atoi((*m.InstanceID)[strings.LastIndexByte(*m.InstanceID, '/')+1:]); err == nil {
				member.Worker = &n
			}
		}
		if assigned, ok := m.Assigned.AsConsumer(); ok {
			for _, topic := range assigned.Topics {
				for _, p := range topic.Partitions {
					member.Assigned[topic.Topic] = append(member.Assigned[topic.Topic], int(p))
				}
				slices.Sort(member.Assigned[topic.Topic])
			}
		}
		report.Members = append(report.Members, member)
	}
	slices.SortFunc(report.Members, func(a, b Member) int {
		return cmp.Or(strings.Compare(a.Instance, b.Instance), strings.Compare(a.ID, b.ID))
	})
	return nil
}

// refused is the error of a question about a group. Without a coordinator nobody can answer.
func (r *Reader) refused(op, group string, err error) error {
	op += " group " + group
	if kafkaadmin.IsCoordinatorMissing(err) {
		return &kafkaerr.UnreachableError{Brokers: r.kafka.Brokers, Op: op, Err: fmt.Errorf(
			"the group has no coordinator; a cluster that was just started has one soon, and one that cannot create __consumer_offsets never: %w", err)}
	}
	return fmt.Errorf("%s: %w", op, err)
}

// partitions reads how far the group is.
func (r *Reader) partitions(ctx context.Context, report *Report) error {
	topics := r.file.Consumed()
	commits, err := kafkaadmin.Await(ctx, r.Waiting, func(ctx context.Context) (kadm.OffsetResponses, error) {
		return r.admin.FetchOffsets(ctx, report.Group)
	})
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return r.refused("read the offsets of", report.Group, err)
	}
	extents, err := kafkaadmin.WrittenExtents(ctx, r.admin, topics...)
	if err != nil {
		return err
	}
	for topic, partitions := range extents {
		for number, extent := range partitions {
			p := Partition{Topic: topic, Partition: int(number), End: extent.End, next: extent.Start}
			if commit, ok := commits.Lookup(topic, number); ok && commit.Err == nil && commit.At >= 0 {
				at := commit.At
				p.Committed, p.next = &at, at
			}
			p.Lag = max(p.End-p.next, 0)
			report.Lag += p.Lag
			report.Partitions = append(report.Partitions, p)
		}
	}
	slices.SortFunc(report.Partitions, func(a, b Partition) int {
		return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return nil
}
