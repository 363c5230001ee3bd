package session

import (
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// processBalancer is the cooperative sticky balancer, but where there are more members than partitions it spreads these
// over processes: a process has several members, and what one process leaves idle is a machine. It has the same name,
// because members with either of them understand each other.
//
// Partitions of retry topics go with that of the input which has their number.
type processBalancer struct {
	kgo.GroupBalancer

	retry Retry
}

func balancer(retry Retry) kgo.GroupBalancer {
	return processBalancer{kgo.CooperativeStickyBalancer(), retry}
}

// MemberBalancer implements kgo.GroupBalancer.
func (p processBalancer) MemberBalancer(members []kmsg.JoinGroupResponseMember) (kgo.GroupMemberBalancer, map[string]struct{}, error) {
	b, err := kgo.NewConsumerBalancer(spread{p.retry}, members)
	return b, b.MemberTopics(), err
}

// spread balances the members of a group.
type spread struct{ retry Retry }

// Balance implements kgo.ConsumerBalancerBalance. It begins with the eager
// sticky plan, since the cooperative one leaves out what moves.
func (s spread) Balance(b *kgo.ConsumerBalancer, topics map[string]int32) kgo.IntoSyncAssignment {
	topics = maps.Clone(topics)
	retries := make(map[string]int32)
	for _, topic := range s.retry.Topics {
		retries[topic] = topics[topic]
		delete(topics, topic)
	}
	plan := kgo.StickyBalancer().(kgo.ConsumerBalancerBalance).Balance(b, topics).(*kgo.BalancePlan)
	byMember := plan.AsMemberIDMap()
	processes := processesOf(b, byMember)
	for {
		from, to := nextMove(processes)
		if from == nil {
			break
		}
		byMember[to.id], byMember[from.id] = byMember[from.id], byMember[to.id]
	}
	addRetries(b, plan, retries)
	plan.AdjustCooperative(b)
	return plan
}

// addRetries gives the partitions of retry topics to those who have the input's,
// if they know of the topic: it may be new, while members are replaced.
func addRetries(b *kgo.ConsumerBalancer, plan *kgo.BalancePlan, retries map[string]int32) {
	byMember := plan.AsMemberIDMap()
	b.EachMember(func(m *kmsg.JoinGroupResponseMember, meta *kmsg.ConsumerMemberMetadata) {
		var partitions []int32
		for _, of := range byMember[m.MemberID] {
			partitions = append(partitions, of...)
		}
		for topic, n := range retries {
			for _, p := range partitions {
				if p < n && slices.Contains(meta.Topics, topic) {
					plan.AddPartition(m, topic, p)
				}
			}
		}
	})
}

// process is the members of one process: those with partitions, the ones that
// it would cost the least to take away from last, and those without.
type process struct {
	busy, idle []member
}

type member struct {
	id     string
	topics []string
}

func processesOf(b *kgo.ConsumerBalancer, plan map[string]map[string][]int32) []*process {
	byName := map[string]*process{}
	b.EachMember(func(m *kmsg.JoinGroupResponseMember, meta *kmsg.ConsumerMemberMetadata) {
		name := processOf(m)
		if byName[name] == nil {
			byName[name] = &process{}
		}
		p, this := byName[name], member{id: m.MemberID, topics: meta.Topics}
		switch {
		case len(plan[m.MemberID]) == 0:
			p.idle = append(p.idle, this)
		case len(meta.OwnedPartitions) > 0: // It would have to give them up first.
			p.busy = slices.Insert(p.busy, 0, this)
		default:
			p.busy = append(p.busy, this)
		}
	})
	var all []*process
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, byName[name])
	}
	return all
}

// nextMove takes what a member of the busiest process has and gives it to an idle one of the least busy, as long as
// that evens them out. It returns nil if there is nothing to move.
func nextMove(processes []*process) (from, to *member) {
	var most, least *process
	for _, p := range processes {
		if most == nil || len(p.busy) > len(most.busy) {
			most = p
		}
		if len(p.idle) > 0 && (least == nil || len(p.busy) < len(least.busy)) {
			least = p
		}
	}
	if least == nil || len(least.busy)+1 >= len(most.busy) {
		return nil, nil
	}
	giver, taker := most.busy[len(most.busy)-1], least.idle[0]
	if !slices.Equal(giver.topics, taker.topics) {
		return nil, nil
	}
	most.busy, least.idle = most.busy[:len(most.busy)-1], least.idle[1:]
	most.idle, least.busy = append(most.idle, giver), append(least.busy, taker)
	return &giver, &taker
}

// processOf is the process of a member: brokers make a member's ID of its
// client ID, or its group instance ID, and a UUID.
func processOf(m *kmsg.JoinGroupResponseMember) string {
	if m.InstanceID != nil {
		return (*m.InstanceID)[:max(0, strings.LastIndexByte(*m.InstanceID, '/'))]
	}
	const uuid = len("-00000000-0000-0000-0000-000000000000")
	return m.MemberID[:max(0, len(m.MemberID)-uuid)]
}
