package session

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/consumer"
)

// TestIdentity holds for any names: each session has another identity, which begins with the pipeline's name where that is a
// usual one.
func TestIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.SampledFrom([]rune("a-/%2F.")), 1, 5, -1)
		a := Config{Name: name.Draw(t, "name"), Config: consumer.Config{Instance: name.Draw(t, "instance")}, Worker: rapid.IntRange(0, 12).Draw(t, "worker")}
		b := Config{Name: name.Draw(t, "name"), Config: consumer.Config{Instance: name.Draw(t, "instance")}, Worker: rapid.IntRange(0, 12).Draw(t, "worker")}
		same := a.Name == b.Name && a.Instance == b.Instance && a.Worker == b.Worker
		if (a.identity() == b.identity()) != same {
			t.Fatalf("%q and %q", a.identity(), b.identity())
		}
		if !strings.ContainsAny(a.Name, "/%") && !strings.HasPrefix(a.identity(), a.Name+"/") {
			t.Fatalf("%q does not begin with %q", a.identity(), a.Name)
		}
	})
}

// TestReachTimeout: a cluster is tried for ten seconds.
func TestReachTimeout(t *testing.T) {
	if got := (Config{}).withDefaults().ReachTimeout; got != 10*time.Second {
		t.Errorf("%v", got)
	}
}

// TestRebalanceTimeout: the group waits as long as a batch may take, and hardly
// longer.
func TestRebalanceTimeout(t *testing.T) {
	for want, c := range map[time.Duration]consumer.Config{
		35 * time.Second:         {},
		23800 * time.Millisecond: {TransactionTimeout: 6 * time.Second},
		time.Minute:              {Delivery: consumer.AtLeastOnce},
		27 * time.Second:         {Delivery: consumer.AtLeastOnce, CommitTimeout: 10 * time.Second},
		3 * time.Second:          {RebalanceTimeout: 3 * time.Second},
	} {
		if got := (Config{Config: c}).withDefaults().RebalanceTimeout; got != want {
			t.Errorf("%+v: %v, want %v", c, got, want)
		}
	}
}
