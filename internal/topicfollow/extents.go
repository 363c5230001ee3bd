package topicfollow

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

// Positions are offsets of next records.
type Positions map[kadm.Partition]int64

// reach reports whether they are all at or behind others.
func (at Positions) reach(ends Positions) bool {
	for p, end := range ends {
		if at[p] < end {
			return false
		}
	}
	return true
}

// Behind returns the number of offsets from these positions to others.
func (at Positions) Behind(ends Positions) int64 {
	var n int64
	for p, end := range ends {
		n += max(end-at[p], 0)
	}
	return n
}

// Extents are all partitions of the topics when they were asked for.
type Extents struct {
	// Asked is when the question began: what was committed before is before the ends.
	Asked time.Time
	Of    map[kadm.Partition]kafkaadmin.Extent
	// IDs are those of the topics. Brokers that have none are left out.
	IDs map[string]string
}

// Ends returns where the committed records end.
func (x Extents) Ends() Positions {
	ends := Positions{}
	for p, e := range x.Of {
		ends[p] = e.End
	}
	return ends
}

// Starts returns where the oldest records are.
func (x Extents) Starts() Positions {
	starts := Positions{}
	for p, e := range x.Of {
		starts[p] = e.Start
	}
	return starts
}

// Sorted returns the partitions in order.
func (x Extents) Sorted() []kadm.Partition {
	var all []kadm.Partition
	for p := range x.Of {
		all = append(all, p)
	}
	slices.SortFunc(all, func(p, q kadm.Partition) int {
		return cmp.Or(cmp.Compare(p.Topic, q.Topic), cmp.Compare(p.Partition, q.Partition))
	})
	return all
}

// Missed returns why something of a topic may have been missed that was read up to some positions. It is empty if nothing was.
func (x Extents) Missed(at Positions, topic string) string {
	known := false
	for p := range at {
		known = known || p.Topic == topic
		if _, there := x.Of[p]; !there && p.Topic == topic {
			return fmt.Sprintf("partition %d does not exist any more: it was deleted and created again", p.Partition)
		}
	}
	if !known {
		return "it has not been read before"
	}
	for _, p := range x.Sorted() {
		if p.Topic != topic {
			continue
		}
		position, read := at[p]
		switch of := x.Of[p]; {
		case !read && of.Start > 0, read && position < of.Start:
			return fmt.Sprintf("partition %d begins at %d, after position %d: retention has removed records that were not read", p.Partition, of.Start, position)
		case position > of.End:
			return fmt.Sprintf("partition %d ends at %d, before position %d: it was created again, or has lost records", p.Partition, of.End, position)
		}
	}
	return ""
}

// list asks where the partitions of topics begin, and where their committed records end. All topics must exist.
func list(ctx context.Context, client *kgo.Client, topics []string) (Extents, error) {
	x := Extents{Asked: time.Now(), Of: map[kadm.Partition]kafkaadmin.Extent{}, IDs: map[string]string{}}
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	admin := kadm.NewClient(client)
	// The IDs first: a topic that is created again meanwhile is then noticed the next time.
	details, err := admin.ListTopics(ctx, topics...)
	if err != nil {
		return Extents{}, fmt.Errorf("ask for the topics' IDs: %w", err)
	}
	for topic, detail := range details {
		if detail.ID != (kadm.TopicID{}) {
			x.IDs[topic] = base64.RawURLEncoding.EncodeToString(detail.ID[:])
		}
	}
	found, err := kafkaadmin.CommittedExtents(ctx, admin, topics...)
	if err != nil {
		return Extents{}, err
	}
	var missing []string
	for _, topic := range topics {
		if len(found[topic]) == 0 {
			missing = append(missing, topic)
		}
		for number, extent := range found[topic] {
			x.Of[kadm.Partition{Topic: topic, Partition: number}] = extent
		}
	}
	if len(missing) > 0 {
		return Extents{}, &kafkaerr.TopicMissingError{Topics: missing}
	}
	return x, nil
}
