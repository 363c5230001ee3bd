package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

// quickLeave is how long the client may take to leave the group. It waits for
// its own request to join first, which waits for every other member.
const quickLeave = time.Second

// Close leaves the group and releases everything; a batch that is held is
// neither published nor committed. When ctx ends first, the group finds out by
// the session timeout, and the error says so. A static member does not leave.
func (s *Session) Close(ctx context.Context) error {
	defer s.cut()
	s.guard.release()
	s.cl.AllowRebalance()
	quick, cancel := context.WithTimeout(ctx, quickLeave)
	defer cancel()
	err := s.cl.LeaveGroupContext(quick)
	member, _ := s.cl.GroupMetadata()
	if err != nil {
		s.cut() // Close would wait for the same.
	}
	s.cl.Close()
	// Close polls once more, and its own leave, if that begins later, would wait for the end of that poll for ever.
	s.cl.AllowRebalance()
	if err != nil && quick.Err() != nil && ctx.Err() == nil && !s.cfg.StaticMembership {
		err = s.leaveWhileJoining(ctx, member)
	}
	if s.failed == nil {
		s.failed = ErrClosed
	}
	if err != nil {
		return &Error{Op: fmt.Sprintf("leave group %q", s.cfg.Group), Err: err}
	}
	return nil
}

// leaveTimeout bounds how long a session that failed to open takes to leave.
const leaveTimeout = 5 * time.Second

// closeUnopened closes a session that failed to open, also after ctx has ended.
// Its client joins the group in the background, and the others would wait for
// a member that does not leave until its session times out. Where no broker
// was reached, there is no group to leave.
func (s *Session) closeUnopened(ctx context.Context, failed error) {
	timeout := leaveTimeout
	if errors.Is(failed, consumer.ErrUnreachable) {
		timeout = 0
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	_ = s.Close(ctx)
}

// leaveWhileJoining withdraws a member whose client is closed, and so cannot
// join again in answer. A member whose first request to join was not answered
// has no ID yet, and cannot be withdrawn.
func (s *Session) leaveWhileJoining(ctx context.Context, member string) error {
	if member == "" {
		s.log.LogAttrs(ctx, slog.LevelWarn, "closed while the first request to join the group was not answered: if a broker has taken it, the group may wait for the session timeout")
		return nil
	}
	cl, err := kafkaadmin.Connect(ctx, s.cfg.Kafka)
	if err != nil {
		return err
	}
	defer cl.Close()
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group = s.cfg.Group
	req.MemberID = member // for brokers that take only one
	req.Members = []kmsg.LeaveGroupRequestMember{{MemberID: member}}
	left, err := req.RequestWith(ctx, cl)
	if err != nil {
		return err
	}
	err = kerr.ErrorForCode(left.ErrorCode)
	for _, m := range left.Members {
		err = cmp.Or(err, kerr.ErrorForCode(m.ErrorCode))
	}
	if errors.Is(err, kerr.UnknownMemberID) {
		return nil
	}
	return err
}
