package bench

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// The programs run in each kind of shape, and their outputs are what the database demands. A processor that fails is in
// the results, and the others go on.
func TestBench(t *testing.T) {
	programs := buildPrograms(t, "tuned", "naive")
	naive := Naive(filepath.Join(programs, "naive"))
	naive.Events = 10
	tuned := func(o TunedOptions) Processor { return Tuned(filepath.Join(programs, "tuned"), o) }
	joining := tuned(TunedOptions{})
	joining.Command = append(joining.Command, "-txn", "joining")
	shapes := []Shape{
		{Name: "zipf", Processors: []Processor{
			tuned(TunedOptions{Sessions: 2}), naive,
			{Name: "absent", Command: []string{filepath.Join(programs, "absent")}},
			{Name: "failing", Command: []string{filepath.Join(programs, "tuned"), "-delivery", "never"}},
		}},
		{Name: "remote", Delay: time.Millisecond, Processors: []Processor{tuned(TunedOptions{Preload: true, AtLeastOnce: true})}},
		{Name: "paced", Rate: 1000, Processors: []Processor{tuned(TunedOptions{Batch: 100})}},
		{Name: "start", Start: true, Processors: []Processor{tuned(TunedOptions{})}},
		{Name: "malformed", Fault: Malformed, Processors: []Processor{tuned(TunedOptions{})}},
		{Name: "partitions", Idle: time.Second, Processors: []Processor{withPartitions(tuned(TunedOptions{Sessions: 2}), 2*mostFollowed)}},
		{Name: "members", Join: &joining, Processors: []Processor{withPartitions(tuned(TunedOptions{Sessions: 2}), 3)}},
		{Name: "wide", Processors: []Processor{{
			Name: "tuned", OwnOutputs: true, Wide: Wide{Padding: 100_000, Keys: 10}, Events: 20, Command: tuned(TunedOptions{}).Command,
		}}},
	}
	ctx := t.Context()
	b, err := Open(ctx, Config{
		Kafka: testenv.Kafka(t), Postgres: testenv.Postgres(t), Events: 2000, Users: 500, Paced: time.Second, Check: true, Words: t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	}()
	failures := map[string]string{"absent": "no such file", "failing": `-delivery "never"`}
	for _, shape := range shapes {
		results, err := b.Run(ctx, shape)
		if err != nil || len(results) != len(shape.Processors) {
			t.Fatalf("%s: %d results: %v", shape.Name, len(results), err)
		}
		for _, r := range results {
			if want := failures[r.Processor]; want != "" {
				if !strings.Contains(r.Failure, want) {
					t.Errorf("%s failed with %q, want %q", r.Processor, r.Failure, want)
				}
				continue
			}
			if shape.Fault != "" {
				if r.Failure+r.Verdict != "" || r.After.Ended != "exit status 1" || r.After.Lost == 0 || r.After.Outputs+r.After.Lost != r.Events {
					t.Errorf("%s: %+v, %+v", shape.Name, r, r.After)
				}
				continue
			}
			isWhole(t, shape, r)
		}
	}
}

// isWhole looks for figures that are missing from a result.
func isWhole(t *testing.T, shape Shape, r Result) {
	t.Helper()
	if r.Failure+r.Verdict != "" || r.Rate <= 0 || r.FirstOutput <= 0 || r.RSS <= 0 || r.CPU <= 0 || r.Allocated <= 0 || r.Calls < 3 {
		t.Errorf("%s: %+v", shape.Name, r)
	}
	if (r.Latency != nil) != (shape.Rate > 0) || (r.Latency != nil && (r.Latency.P50 <= 0 || r.Latency.P999 < r.Latency.P50)) {
		t.Errorf("%s: latency %+v", shape.Name, r.Latency)
	}
	if r.Idle < 0 || r.Idle > 100 || (r.Rebalance > 0) != (shape.Join != nil) {
		t.Errorf("%s: idle %v %%, rebalance %v s", shape.Name, r.Idle, r.Rebalance)
	}
}

// withPartitions returns the processor with topics of so many partitions.
func withPartitions(p Processor, n int) Processor {
	p.Partitions = n
	return p
}

// buildPrograms builds programs of this folder and returns where they are.
func buildPrograms(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"build", "-o", dir + string(filepath.Separator)}
	for _, name := range names {
		args = append(args, "./"+name)
	}
	if out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}
