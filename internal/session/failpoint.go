package session

import (
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/failpoint"
)

// offsetsCommitted is the point between the commit of offsets and the end of
// their transaction, which are one call of the client.
type offsetsCommitted struct{}

// OnBrokerE2E implements kgo.HookBrokerE2E.
func (offsetsCommitted) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e2e kgo.BrokerE2E) {
	if e2e.Err() == nil && (key == kmsg.TxnOffsetCommit.Int16() || key == kmsg.OffsetCommit.Int16()) {
		failpoint.Hit(failpoint.AfterOffsetsCommit)
	}
}

var _ kgo.HookBrokerE2E = offsetsCommitted{}
