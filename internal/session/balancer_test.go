package session_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/session"
)

const uuid = "-6e9f4d8e-0000-4000-8000-5d6a3f3a1b2c"

// group is what the members of a group have, by process and worker.
type group struct {
	t          rapid.TB
	partitions int
	static     bool
	generation int32
	owned      map[string]map[int][]int32
}

func (g *group) join(process string, workers int) {
	g.owned[process] = map[int][]int32{}
	for w := range workers {
		g.owned[process][w] = nil
	}
}

// rebalance repeats until no member has to give up a partition, as a cooperative group does.
func (g *group) rebalance() {
	b := session.Balancer()
	for range 4 {
		g.generation++
		var members []kmsg.JoinGroupResponseMember
		at := map[string]func([]int32){}
		had := map[string][]int32{}
		for process, workers := range g.owned {
			for w, owned := range workers {
				m := kmsg.NewJoinGroupResponseMember()
				m.MemberID = fmt.Sprintf("loaderline-%s%s%02d", process, uuid[:len(uuid)-2], w)
				if g.static {
					instance := fmt.Sprintf("line/%s/%d", process, w)
					m.InstanceID = &instance
					m.MemberID = instance + uuid
				}
				m.ProtocolMetadata = b.JoinGroupMetadata([]string{"events"}, map[string][]int32{"events": slices.Clone(owned)}, g.generation-1)
				members = append(members, m)
				at[m.MemberID] = func(p []int32) { workers[w] = p }
				had[m.MemberID] = owned
			}
		}
		// As the client sorts them.
		slices.SortFunc(members, func(a, b kmsg.JoinGroupResponseMember) int {
			return slices.Compare([]byte(a.MemberID), []byte(b.MemberID))
		})
		settled := true
		for id, assigned := range g.assign(b, members) {
			for _, p := range had[id] {
				settled = settled && slices.Contains(assigned, p)
			}
			at[id](assigned)
		}
		g.checkOwners()
		if settled {
			return
		}
	}
	g.t.Fatalf("the group has not settled after 4 rebalances: %v", g.owned)
}

func (g *group) assign(b kgo.GroupBalancer, members []kmsg.JoinGroupResponseMember) map[string][]int32 {
	balance, _, err := b.MemberBalancer(members)
	if err != nil {
		g.t.Fatal(err)
	}
	plan, err := balance.(kgo.GroupMemberBalancerOrError).BalanceOrError(map[string]int32{"events": int32(g.partitions)})
	if err != nil {
		g.t.Fatal(err)
	}
	assigned := map[string][]int32{}
	for _, a := range plan.IntoSyncAssignment() {
		topics, err := b.ParseSyncAssignment(a.MemberAssignment)
		if err != nil {
			g.t.Fatal(err)
		}
		assigned[a.MemberID] = topics["events"]
	}
	return assigned
}

// checkOwners fails where a partition has two owners.
func (g *group) checkOwners() {
	seen := map[int32]bool{}
	for _, workers := range g.owned {
		for _, owned := range workers {
			for _, p := range owned {
				if seen[p] {
					g.t.Fatalf("partition %d has two owners: %v", p, g.owned)
				}
				seen[p] = true
			}
		}
	}
}

// share is how many partitions each process has.
func (g *group) share() map[string]int {
	share := map[string]int{}
	for process, workers := range g.owned {
		share[process] = 0
		for _, owned := range workers {
			share[process] += len(owned)
		}
	}
	return share
}

func TestProcessesShareThePartitions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		partitions int
		workers    map[string]int
		want       map[string]int
	}{
		{"as many partitions as a process has workers", 4, map[string]int{"a": 4, "b": 4}, map[string]int{"a": 2, "b": 2}},
		{"fewer partitions than workers", 2, map[string]int{"a": 4, "b": 4}, map[string]int{"a": 1, "b": 1}},
		{"a partition for one of two", 1, map[string]int{"a": 4, "b": 4}, nil},
		{"a process with one worker", 4, map[string]int{"a": 8, "b": 1}, map[string]int{"a": 3, "b": 1}},
		{"a partition for each worker", 8, map[string]int{"a": 4, "b": 4}, map[string]int{"a": 4, "b": 4}},
		{"more partitions than workers", 12, map[string]int{"a": 4, "b": 2}, map[string]int{"a": 8, "b": 4}},
		{"three processes", 6, map[string]int{"a": 4, "b": 4, "c": 4}, map[string]int{"a": 2, "b": 2, "c": 2}},
	} {
		for _, static := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/static=%v", tt.name, static), func(t *testing.T) {
				t.Parallel()
				g := &group{t: t, partitions: tt.partitions, static: static, owned: map[string]map[int][]int32{}}
				for _, process := range []string{"a", "b", "c"} { // One after the other: the first has all at first.
					if tt.workers[process] > 0 {
						g.join(process, tt.workers[process])
						g.rebalance()
					}
				}
				if diff := cmp.Diff(tt.want, g.share()); tt.want != nil && diff != "" {
					t.Errorf("partitions by process (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestBalanceIsFair has processes come and go, and asks for what users may rely on: every partition has one owner, nobody
// has two while another has none, processes differ by one where workers are idle, and nothing moves without a reason.
func TestBalanceIsFair(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := &group{
			t: t, partitions: rapid.IntRange(1, 20).Draw(t, "partitions"), static: rapid.Bool().Draw(t, "static"),
			owned: map[string]map[int][]int32{},
		}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			process := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "process")
			if _, there := g.owned[process]; there && len(g.owned) > 1 {
				delete(g.owned, process)
			} else {
				g.join(process, rapid.IntRange(1, 6).Draw(t, "workers"))
			}
			g.rebalance()
			g.checkFair()
			before := fmt.Sprint(g.owned)
			g.rebalance()
			if after := fmt.Sprint(g.owned); after != before {
				t.Fatalf("a rebalance for no reason moved partitions:\n%s\n%s", before, after)
			}
		}
	})
}

func (g *group) checkFair() {
	var sizes []int
	for _, workers := range g.owned {
		for _, owned := range workers {
			sizes = append(sizes, len(owned))
		}
	}
	total := 0
	for _, n := range sizes {
		total += n
	}
	if total != g.partitions || slices.Max(sizes)-slices.Min(sizes) > 1 {
		g.t.Fatalf("%d partitions, and the workers have %v", g.partitions, g.owned)
	}
	share := g.share()
	for process, workers := range g.owned {
		idle := false
		for _, owned := range workers {
			idle = idle || len(owned) == 0
		}
		for other, n := range share {
			if idle && n > share[process]+1 {
				g.t.Fatalf("%s has idle workers and %d partitions, %s has %d: %v", process, share[process], other, n, g.owned)
			}
		}
	}
}
