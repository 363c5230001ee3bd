package session

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// CommittedEarlier lets a session believe that its last commit was so much earlier.
func CommittedEarlier(s *Session, by time.Duration) { s.commitTime = s.commitTime.Add(-by) }

// Balancer is how a session's group is balanced.
func Balancer(retryTopics ...string) kgo.GroupBalancer { return balancer(Retry{Topics: retryTopics}) }

// KeyOrder is what a session knows of waiting keys.
type KeyOrder struct{ order *keyOrder }

// NewKeyOrder is one that knows what waits in partition 0.
func NewKeyOrder(tiers int, waiting map[string][]int32) KeyOrder {
	o := newKeyOrder(tiers)
	o.set(0, waiting)
	return KeyOrder{o}
}

// Step begins a micro-batch.
func (o KeyOrder) Step() *KeyStep { return o.order.step() }

// Commit ends it.
func (o KeyOrder) Commit(s *KeyStep) { s.apply() }

// Waiting is how many keys wait.
func (o KeyOrder) Waiting() int { return o.order.sizes()[0] }
