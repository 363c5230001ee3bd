package session_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/session"
)

// withoutLeader has partition 0 of the input give no offsets as long as gone says so. It returns a channel that has
// something once it was asked.
func (w *world) withoutLeader(gone *atomic.Bool) (asked <-chan struct{}) {
	w.t.Helper()
	asks := make(chan struct{}, 1)
	w.cluster.ControlKey(int16(kmsg.ListOffsets), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.cluster.KeepControl()
		if !gone.Load() {
			return nil, nil, false
		}
		select {
		case asks <- struct{}{}:
		default:
		}
		r := req.(*kmsg.ListOffsetsRequest)
		resp := r.ResponseKind().(*kmsg.ListOffsetsResponse)
		for _, topic := range r.Topics {
			to := kmsg.NewListOffsetsResponseTopic()
			to.Topic = topic.Topic
			for _, p := range topic.Partitions {
				partition := kmsg.NewListOffsetsResponseTopicPartition()
				partition.Partition, partition.Offset = p.Partition, 0
				if p.Partition == 0 {
					partition.ErrorCode, partition.Offset = kerr.LeaderNotAvailable.Code, -1
				}
				to.Partitions = append(to.Partitions, partition)
			}
			resp.Topics = append(resp.Topics, to)
		}
		return resp, nil, true
	})
	return asks
}

// A partition without a leader stops nobody who begins with another one.
func TestNewPartitionBesideOneWithoutALeader(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.publish(0, 9, 3)
	w.commitOffset(0, 3)
	w.commitOffset(1, 0)
	var gone atomic.Bool
	gone.Store(true)
	w.withoutLeader(&gone)
	s := w.open(w.config())
	for got := 0; got < 6; {
		batch := poll(t, s)
		commit(t, s, echo(batch))
		got += len(batch)
	}
}

// All partitions of a topic begin at one moment: a leader is waited for, and missing for long it is an outage.
func TestStartOfAPartitionWithoutALeader(t *testing.T) {
	t.Parallel()
	for name, heals := range map[string]bool{"it comes": true, "it does not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 3)
			var gone atomic.Bool
			gone.Store(true)
			asked := w.withoutLeader(&gone)
			ended := make(chan error, 1)
			cfg := w.config()
			if !heals {
				cfg.ReachTimeout = time.Second
			}
			go func() { ended <- session.CommitStart(t.Context(), cfg) }()
			<-asked
			if heals {
				gone.Store(false)
			}
			err := <-ended
			if _, unreachable := errors.AsType[*kafkaerr.UnreachableError](err); heals && err != nil || !heals && !unreachable {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}
