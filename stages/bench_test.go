package stages_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/loaderline/loaderline/stages"
)

// A micro-batch of 5,000 Zipf events over a source that returns at once: what the plan itself costs.
func BenchmarkRun(b *testing.B) {
	zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 1, 100_000)
	events := make([]int, 5000)
	for i := range events {
		events[i] = int(zipf.Uint64())
	}
	src := sourceOfInts{}
	var plan stages.Plan[int]
	id := stages.By(&plan, self)
	user := stages.One(&plan, stages.NewLoader(src, stages.LoaderConfig[int, int]{}), id)
	bought := stages.One(&plan, stages.NewLoader(src, stages.LoaderConfig[int, int]{}), id)
	reviews := stages.Many(&plan, stages.NewLoader(src, stages.LoaderConfig[int, int]{}), stages.ThenEachErr(bought, func(v int, add func(int, error)) {
		for i := range v % 4 {
			add(v+i, nil)
		}
	}))
	b.ReportAllocs()
	sum := 0
	for b.Loop() {
		for row := range plan.Run(context.Background(), events).All() {
			sum += user.Of(row).Value + reviews.Of(row).Value.Len()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(events)), "ns/event")
}

type sourceOfInts struct{}

func (sourceOfInts) Load(_ context.Context, b *stages.Batch[int, int]) error {
	double(b)
	return nil
}
