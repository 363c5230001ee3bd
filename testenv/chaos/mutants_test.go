//go:build chaos

package chaos_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/testenv/chaos"
)

// mutant is a defect: a passage of the real source is replaced by another, and a round of a scenario has to find it.
type mutant struct {
	name     string
	file     string // in the module
	old, new string // old is there once
	scenario chaos.Scenario
	finds    func(chaos.Result) int
}

func mutants() []mutant {
	lost := func(r chaos.Result) int { return r.Lost }
	silences := func(r chaos.Result) (count int) {
		for _, p := range r.Problems {
			if strings.Contains(p, "no process says so") {
				count++
			}
		}
		return count
	}
	// A transaction can be small, and then has no record of the kind that a mutant publishes outside of it. The first problem ends the round.
	flushes := []string{"after-flush", "after-flush", "after-flush", "after-flush"}
	return []mutant{
		{
			name: "offsets committed before the flush", file: "internal/session/commit.go", scenario: chaos.Kill(chaos.AtLeastOnce, 15_000, "mid-produce"), finds: lost,
			old: "	if err := s.produce(ctx, out); err != nil {\n",
			new: "	_ = commitOffsets(ctx, s.cl, s.cl.UncommittedOffsets())\n	if err := s.produce(ctx, out); err != nil {\n",
		},
		{
			name: "a produce error ignored", file: "internal/session/produce.go", scenario: short("poison"), finds: lost,
			old: "		b.fail(r, err)\n",
			new: "		_ = r\n",
		},
		{
			name: "offsets committed outside the transaction", file: "internal/session/commit.go", scenario: chaos.Kill("", 15_000, "after-offsets-commit"), finds: lost,
			old: "	ending, cancel := context.WithTimeout(ctx, s.cfg.endTimeout())\n",
			new: "	_ = commitOffsets(ctx, s.cl, s.cl.UncommittedOffsets())\n	ending, cancel := context.WithTimeout(ctx, s.cfg.endTimeout())\n",
		},
		{
			name: "a cache fill without the generation check", file: "internal/resultcache/write.go", scenario: short("invalidation under load"),
			finds: func(r chaos.Result) int { return r.Wrong },
			old:   "	items := make([]item, 0, min(len(keys), chunk))\n",
			new:   "	since = v.stamp()\n	items := make([]item, 0, min(len(keys), chunk))\n",
		},
		{
			name: "new partitions begin where a group does", file: "internal/session/startoffsets.go",
			scenario: short("partitions added while down, start latest"), finds: lost,
			old: "		return len(committed[topic]) > 0 || slices.Contains(s.cfg.Retry.Topics, topic)\n",
			new: "		return slices.Contains(s.cfg.Retry.Topics, topic)\n",
		},
		{
			name: "a stall that is not told", file: "internal/backlog/stall.go", scenario: longer("PostgreSQL away for longer"), finds: silences,
			old: "	if now.Sub(since) < patience {\n",
			new: "	if now.Sub(since) < 100*patience {\n",
		},
		{
			name: "a dead letter outside the transaction", file: "internal/session/commit.go", scenario: chaos.Kill("", 15_000, flushes...),
			finds: func(r chaos.Result) int { return r.Duplicates },
			old:   "	produceErr := s.produce(ctx, out)\n",
			new:   outside("-dead"),
		},
		{
			name: "a route outside the transaction", file: "internal/session/commit.go", scenario: split(chaos.Kill("", 15_000, flushes...)),
			finds: func(r chaos.Result) int { return r.Duplicates },
			old:   "	produceErr := s.produce(ctx, out)\n",
			new:   outside("-first"),
		},
		{
			name: "records beside the dead letter of their event", file: "outcome.go", scenario: split(chaos.Kill("", 15_000)),
			finds: func(r chaos.Result) int { return min(r.Lost, r.Duplicates) },
			old:   "			o.records, o.origins, o.bytes = o.records[:before], o.origins[:before], bytes\n",
			new:   "			_, _ = before, bytes\n",
		},
	}
}

// split has the events of a scenario become several records each.
func split(s chaos.Scenario) chaos.Scenario {
	s.Split = true
	return s
}

// outside publishes the records of a topic outside the transaction.
func outside(suffix string) string {
	return `	outside, err := kgo.NewClient(kgo.SeedBrokers(s.cfg.Brokers...), kgo.RecordPartitioner(s.cfg.Partition.partitioner()))
	if err != nil {
		return false, err
	}
	defer outside.Close()
	const suffix = "` + suffix + `"
	var within, without []*kgo.Record
	for _, r := range out {
		if r.Topic[len(r.Topic)-len(suffix):] == suffix {
			without = append(without, r)
		} else {
			within = append(within, r)
		}
	}
	if err := outside.ProduceSync(ctx, without...).FirstErr(); err != nil {
		return false, err
	}
	produceErr := s.produce(ctx, within)
`
}

// TestTheCheckerIsChecked builds deliberate defects from the real source, and demands that the suite turns red at each.
// Where a passage is no longer in the source, write the defect anew: it is there to be found.
func TestTheCheckerIsChecked(t *testing.T) {
	world, err := chaos.Up(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := world.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("mutants", func(t *testing.T) {
		for i, m := range mutants() {
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				binary, err := chaos.Build(t.Context(), t.TempDir(), m.overlay(t))
				if err != nil {
					t.Fatal(err)
				}
				result, err := chaos.Run(t.Context(), world, m.scenario, chaos.Options{
					Binary: binary, Seed: uint64(i + 1), Dir: t.TempDir(), Quick: true, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
				})
				if err != nil {
					t.Fatal(err)
				}
				if result.OK || m.finds(result) == 0 {
					t.Errorf("the suite does not find it: %+v", result)
				}
			})
		}
	})
}

// overlay writes the file that has the build take the defect for the source.
func (m mutant) overlay(t *testing.T) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("..", "..", m.file))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), m.old); n != 1 {
		t.Fatalf("%s has the passage that the defect %q replaces %d times, want once; write the defect anew:\n%s", m.file, m.name, n, m.old)
	}
	replaced := filepath.Join(t.TempDir(), filepath.Base(m.file))
	if err := os.WriteFile(replaced, []byte(strings.Replace(string(source), m.old, m.new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{file: replaced}})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return overlay
}

// short and longer are the scenario of that name.
func short(name string) chaos.Scenario { return called(name, chaos.Short) }

func longer(name string) chaos.Scenario { return called(name, chaos.Longer) }

func called(name string, list []chaos.Scenario) chaos.Scenario {
	i := slices.IndexFunc(list, func(s chaos.Scenario) bool { return s.Name == name })
	return list[i]
}
