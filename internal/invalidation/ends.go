package invalidation

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// partition is one partition of a topic.
type partition struct {
	topic  string
	number int32
}

func (p partition) compare(q partition) int {
	return cmp.Or(cmp.Compare(p.topic, q.topic), cmp.Compare(p.number, q.number))
}

// positions are offsets of next records.
type positions map[partition]int64

// reach says whether they are all at or behind others.
func (at positions) reach(ends positions) bool {
	for p, end := range ends {
		if at[p] < end {
			return false
		}
	}
	return true
}

// extent is what a partition has.
type extent struct{ start, end int64 }

// extents are all partitions of the topics when they were asked for.
type extents struct {
	asked time.Time
	of    map[partition]extent
	ids   map[string]string // of the topics; empty where the brokers have none
}

func (x extents) ends() positions {
	ends := positions{}
	for p, e := range x.of {
		ends[p] = e.end
	}
	return ends
}

// sorted are the partitions in order.
func (x extents) sorted() []partition {
	var all []partition
	for p := range x.of {
		all = append(all, p)
	}
	slices.SortFunc(all, partition.compare)
	return all
}

// list asks where the partitions of topics begin, and where what is committed ends. All of the topics have to be there.
func list(ctx context.Context, client *kgo.Client, topics []string) (extents, error) {
	x := extents{asked: time.Now(), of: map[partition]extent{}, ids: map[string]string{}}
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	admin := kadm.NewClient(client)
	// The IDs first: a topic that is created again meanwhile is then noticed the next time.
	details, err := admin.ListTopics(ctx, topics...)
	if err != nil {
		return extents{}, fmt.Errorf("ask for the IDs of the change topics: %w", err)
	}
	for topic, detail := range details {
		if detail.ID != (kadm.TopicID{}) {
			x.ids[topic] = base64.RawURLEncoding.EncodeToString(detail.ID[:])
		}
	}
	ends, err := admin.ListCommittedOffsets(ctx, topics...)
	if err != nil {
		return extents{}, fmt.Errorf("ask for the ends of the change topics: %w", err)
	}
	starts, err := admin.ListStartOffsets(ctx, topics...)
	if err != nil {
		return extents{}, fmt.Errorf("ask for the starts of the change topics: %w", err)
	}
	var problems []error
	for _, topic := range topics {
		if len(ends[topic]) == 0 {
			problems = append(problems, &kafkaerr.TopicMissingError{Topics: []string{topic}})
		}
	}
	ends.Each(func(end kadm.ListedOffset) {
		start, ok := starts.Lookup(end.Topic, end.Partition)
		err := cmp.Or(end.Err, start.Err)
		switch {
		case err != nil && end.Partition < 0: // Of the topic itself.
			problems = append(problems, fmt.Errorf("change topic %s: %w", end.Topic, err))
		case err != nil:
			problems = append(problems, fmt.Errorf("ask for the offsets of topic %s, partition %d: %w", end.Topic, end.Partition, err))
		case ok:
			x.of[partition{end.Topic, end.Partition}] = extent{start.Offset, end.Offset}
		}
	})
	return x, errors.Join(problems...)
}
