package session_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/session"
)

// TestAFailedOpenLeavesTheGroup fails Open after its client has joined the group. The member leaves: the others would
// wait for it until its session times out.
func TestAFailedOpenLeavesTheGroup(t *testing.T) {
	for name, refused := range map[string]bool{"the caller gives up": false, "the broker refuses": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			joined := make(chan struct{})
			w.cluster.ControlKey(int16(kmsg.InitProducerID), func(req kmsg.Request) (kmsg.Response, error, bool) {
				w.cluster.KeepControl()
				resp, _ := req.ResponseKind().(*kmsg.InitProducerIDResponse)
				resp.ErrorCode = kerr.ConcurrentTransactions.Code // The client asks again.
				select {
				case <-joined:
					if refused {
						resp.ErrorCode = kerr.TransactionalIDAuthorizationFailed.Code
					}
				default:
				}
				return resp, nil, true
			})
			opened := make(chan error)
			go func() {
				cfg := w.config()
				cfg.Delivery = consumer.ExactlyOnce
				_, err := session.Open(ctx, cfg)
				opened <- err
			}()
			awaitMembers(t, w, 1)
			if !refused {
				cancel()
			}
			close(joined)
			if err := <-opened; err == nil {
				t.Fatal("it opened")
			} else if !refused && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if n := members(t, w); n != 0 {
				t.Errorf("the group still has %d members", n)
			}
		})
	}
}

// TestCloseWhileTheFirstJoinIsOnItsWay closes a session whose request to join has reached the broker, and whose member
// ID has not come back. The broker knows the member by then, so Close waits for the ID, and leaves.
func TestCloseWhileTheFirstJoinIsOnItsWay(t *testing.T) {
	w := newWorld(t, 1)
	asked, reply := make(chan struct{}), make(chan struct{})
	w.cluster.ControlKey(int16(kmsg.JoinGroup), func(kmsg.Request) (kmsg.Response, error, bool) {
		close(asked)
		w.cluster.SleepControl(func() { <-reply })
		return nil, nil, false
	})
	var mu sync.Mutex
	var left []string
	w.cluster.ControlKey(int16(kmsg.LeaveGroup), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.cluster.KeepControl()
		mu.Lock()
		defer mu.Unlock()
		leave, _ := req.(*kmsg.LeaveGroupRequest)
		for _, m := range leave.Members {
			left = append(left, m.MemberID)
		}
		return nil, nil, false
	})
	s := w.open(w.config())
	<-asked
	time.AfterFunc(50*time.Millisecond, func() { close(reply) })
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(left) != 1 || left[0] == "" {
		t.Errorf("members that left: %q", left)
	}
}

// TestCloseBeforeThereIsAMemberID closes a session whose first request to join is not answered. Without an ID it cannot leave, which is
// no error of the run that ends.
func TestCloseBeforeThereIsAMemberID(t *testing.T) {
	w := newWorld(t, 1)
	asked, closed := make(chan struct{}), make(chan struct{})
	w.cluster.ControlKey(int16(kmsg.JoinGroup), func(kmsg.Request) (kmsg.Response, error, bool) {
		close(asked)
		w.cluster.SleepControl(func() { <-closed })
		return nil, nil, false
	})
	s := w.open(w.config())
	<-asked
	err := s.Close(t.Context())
	close(closed)
	if err != nil {
		t.Error(err)
	}
}

func awaitMembers(t *testing.T, w *world, n int) {
	t.Helper()
	for deadline := time.Now().Add(patience); members(t, w) != n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the group has %d members, not %d", members(t, w), n)
		}
	}
}

// members returns how many members the group has.
func members(t *testing.T, w *world) int {
	t.Helper()
	described, err := w.admin.DescribeGroups(t.Context(), "g")
	if err != nil {
		t.Fatal(err)
	}
	return len(described["g"].Members)
}
