package invalidation

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

func compare(p, q kadm.Partition) int {
	return cmp.Or(cmp.Compare(p.Topic, q.Topic), cmp.Compare(p.Partition, q.Partition))
}

// positions are offsets of next records.
type positions map[kadm.Partition]int64

// reach reports whether they are all at or behind others.
func (at positions) reach(ends positions) bool {
	for p, end := range ends {
		if at[p] < end {
			return false
		}
	}
	return true
}

// extents are all partitions of the topics when they were asked for.
type extents struct {
	asked time.Time
	of    map[kadm.Partition]kafkaadmin.Extent
	ids   map[string]string // of the topics; empty where the brokers have none
}

func (x extents) ends() positions {
	ends := positions{}
	for p, e := range x.of {
		ends[p] = e.End
	}
	return ends
}

// sorted are the partitions in order.
func (x extents) sorted() []kadm.Partition {
	var all []kadm.Partition
	for p := range x.of {
		all = append(all, p)
	}
	slices.SortFunc(all, compare)
	return all
}

// list asks where the partitions of topics begin, and where their committed records end. All topics must exist.
func list(ctx context.Context, client *kgo.Client, topics []string) (extents, error) {
	x := extents{asked: time.Now(), of: map[kadm.Partition]kafkaadmin.Extent{}, ids: map[string]string{}}
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
	found, err := kafkaadmin.CommittedExtents(ctx, admin, topics...)
	if err != nil {
		return extents{}, err
	}
	var missing []string
	for _, topic := range topics {
		if len(found[topic]) == 0 {
			missing = append(missing, topic)
		}
		for number, extent := range found[topic] {
			x.of[kadm.Partition{Topic: topic, Partition: number}] = extent
		}
	}
	if len(missing) > 0 {
		return extents{}, &kafkaerr.TopicMissingError{Topics: missing}
	}
	return x, nil
}
