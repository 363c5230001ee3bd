package session_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/session"
)

// Whoever has a partition of the input has that of each retry topic, also while partitions move.
func TestRetriesGoWithTheirInput(t *testing.T) {
	t.Parallel()
	topics := []string{"events", "retry-1", "retry-2"}
	b := session.Balancer(topics[1:]...)
	owned := map[string]map[string][]int32{"m0": {}}
	for n := 1; n < 5; n++ {
		for round := range 3 {
			var members []kmsg.JoinGroupResponseMember
			for id, has := range owned {
				m := kmsg.NewJoinGroupResponseMember()
				m.MemberID, m.ProtocolMetadata = id, b.JoinGroupMetadata(topics, has, int32(10*n+round))
				members = append(members, m)
			}
			slices.SortFunc(members, func(a, b kmsg.JoinGroupResponseMember) int {
				return slices.Compare([]byte(a.MemberID), []byte(b.MemberID))
			})
			balance, _, err := b.MemberBalancer(members)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := balance.(kgo.GroupMemberBalancerOrError).BalanceOrError(map[string]int32{"events": 7, "retry-1": 7, "retry-2": 7})
			if err != nil {
				t.Fatal(err)
			}
			total := 0
			for _, a := range plan.IntoSyncAssignment() {
				got, err := b.ParseSyncAssignment(a.MemberAssignment)
				if err != nil {
					t.Fatal(err)
				}
				for _, topic := range topics[1:] {
					if diff := cmp.Diff(got["events"], got[topic]); diff != "" {
						t.Errorf("%s has other partitions of %s than of the input:\n%s", a.MemberID, topic, diff)
					}
				}
				total += len(got["events"])
				owned[a.MemberID] = got
			}
			if round == 2 && total != 7 {
				t.Errorf("%d of 7 partitions have an owner among %d members", total, n)
			}
		}
		owned[fmt.Sprintf("m%d", n)] = map[string][]int32{}
	}
}

// A record is not polled before it is due, holds up nothing else, and is not committed with what is.
func TestARecordWaitsUntilItIsDue(t *testing.T) {
	eachDelivery(t, 1, 0, func(w *world, cfg session.Config) {
		t := w.t
		due := time.Now().Add(1500 * time.Millisecond)
		cfg.Retry = session.Retry{Topics: []string{"retry"}, Due: func(r *kgo.Record) time.Time {
			if string(r.Value) == "due" {
				return time.Time{}
			}
			return due
		}}
		for _, value := range []string{"due", "early", "due"} {
			if err := w.cl.ProduceSync(t.Context(), &kgo.Record{Topic: "retry", Key: []byte("k"), Value: []byte(value)}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		s := w.open(cfg)
		if got := values(poll(t, s)); len(got) != 1 || got[0] != "due" {
			t.Fatalf("polled %v", got)
		}
		if err := s.GiveBack(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := values(poll(t, s)); len(got) != 1 || got[0] != "due" {
			t.Fatalf("polled %v after it was given back", got)
		}
		if s.RetryKeys() != 1 || s.Step().MustFollow(0, []byte("k"), 0) != 1 {
			t.Error("the key is not known to wait")
		}
		commit(t, s, nil)
		w.publish(0, 1, 1)
		if got := values(poll(t, s)); len(got) != 1 || got[0] != "r0" {
			t.Fatalf("polled %v of the input", got)
		}
		commit(t, s, nil)
		offsets, err := w.admin.FetchOffsets(t.Context(), "g")
		if err != nil {
			t.Fatal(err)
		}
		if at, _ := offsets.Lookup("retry", 0); at.At != 1 {
			t.Errorf("offset %d of the retry topic is committed", at.At)
		}
		if got := values(poll(t, s)); !slices.Equal(got, []string{"early", "due"}) || time.Now().Before(due) {
			t.Errorf("polled %v, due in %v", got, time.Until(due))
		}
		commit(t, s, nil)
	}, kfake.SeedTopics(1, "in", "out", "retry"))
}
