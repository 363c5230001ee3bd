package session

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// pauseReason is why a partition is not fetched. A partition can have several.
type pauseReason uint8

const (
	notDue   pauseReason = 1 << iota // The next record of a retry topic is not due.
	keysFull                         // Too many keys of the input partition wait in retry topics.
	split                            // Another member has some of the partition's topics.
	finished                         // Nothing more of the partition is to be read, see Config.Ends.
)

// pauses holds the reasons for which partitions are not fetched. It alone pauses and resumes partitions of the client: a
// partition is fetched again when its last reason has ended. It is safe for concurrent use.
type pauses struct {
	mu      sync.Mutex
	reasons map[kadm.Partition]pauseReason
}

// set pauses a partition for a reason.
func (p *pauses) set(cl *kgo.Client, at kadm.Partition, reason pauseReason) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reasons == nil {
		p.reasons = make(map[kadm.Partition]pauseReason)
	}
	p.reasons[at] |= reason
	cl.PauseFetchPartitions(asMap(at))
}

// end takes back a reason.
func (p *pauses) end(cl *kgo.Client, at kadm.Partition, reason pauseReason) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.reasons[at]
	if before == 0 {
		return
	}
	if left := before &^ reason; left != 0 {
		p.reasons[at] = left
		return
	}
	delete(p.reasons, at)
	cl.ResumeFetchPartitions(asMap(at))
}

// forget takes back all reasons of partitions that were revoked: the client would keep a pause until they are assigned again.
func (p *pauses) forget(cl *kgo.Client, revoked map[string][]int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for topic, partitions := range revoked {
		for _, number := range partitions {
			delete(p.reasons, kadm.Partition{Topic: topic, Partition: number})
		}
	}
	cl.ResumeFetchPartitions(revoked)
}

// has reports whether a partition is paused for a reason.
func (p *pauses) has(at kadm.Partition, reason pauseReason) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reasons[at]&reason != 0
}

// asMap returns a partition as the client takes it.
func asMap(at kadm.Partition) map[string][]int32 {
	return map[string][]int32{at.Topic: {at.Partition}}
}
