package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

// join has one more member join the group of a running processor, and returns the seconds from its start until the group
// has settled with it.
func (b *Bench) join(ctx context.Context, p Processor, w world) (_ float64, err error) {
	const patience = 5 * time.Minute
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("the group has not settled within %s", patience))
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(w.brokers))
	if err != nil {
		return 0, err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	members, err := w.settled(ctx, admin, 1)
	if err != nil {
		return 0, err
	}
	launches, err := w.launches(ctx, p, b.dir)
	if err != nil {
		return 0, err
	}
	failed := make(chan error, len(launches))
	joining := &group{}
	defer func() { err = errors.Join(err, joining.end()) }()
	began := time.Now()
	for _, l := range launches {
		if err := joining.start(ctx, l, failed); err != nil {
			return 0, err
		}
	}
	err = unlessFailed(ctx, failed, func(ctx context.Context) error {
		_, err := w.settled(ctx, admin, members+1)
		return err
	})
	return time.Since(began).Seconds(), err
}

// settled waits until the group is stable with at least so many members, and its members have all partitions of the
// input, and returns how many members it has. A cooperative group is stable for a moment in between, when some members
// have given up partitions that others are still to get.
func (w world) settled(ctx context.Context, admin *kadm.Client, atLeast int) (int, error) {
	const poll = 20 * time.Millisecond
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		groups, err := kafkaadmin.Await(ctx, nil, func(ctx context.Context) (kadm.DescribedGroups, error) {
			groups, err := admin.DescribeGroups(ctx, w.group)
			return groups, errors.Join(err, groups.Error())
		})
		if err != nil {
			return 0, err
		}
		if members := groups[w.group].Members; len(members) >= atLeast && groups[w.group].State == "Stable" && w.assigned(assignments(members)) {
			return len(members), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// assignments returns the partitions of the input that each member has; none where one has none yet that can be read.
func assignments(members []kadm.DescribedGroupMember) [][]int32 {
	lists := make([][]int32, len(members))
	for i, m := range members {
		assignment, ok := m.Assigned.AsConsumer()
		if !ok {
			return nil
		}
		for _, topic := range assignment.Topics {
			lists[i] = append(lists[i], topic.Partitions...)
		}
	}
	return lists
}

// assigned reports whether each partition of the input has one member, and each member a partition as long as there are
// enough.
func (w world) assigned(lists [][]int32) bool {
	has := map[int32]bool{}
	busy := 0
	for _, list := range lists {
		for _, p := range list {
			if has[p] {
				return false
			}
			has[p] = true
		}
		busy += min(len(list), 1)
	}
	return len(has) == w.partitions && busy == min(len(lists), w.partitions)
}
