package bench

import (
	"fmt"
	"time"
)

// idleTime is long beside the 10 ms in which the system counts: 1 % of a core is ten of them.
const idleTime = 10 * time.Second

// partitions returns the shape that compares topics of several sizes. The second processor is the control.
func partitions(programs Programs) Shape {
	const least, some, many, sessions = 4, 64, 1_000, 4
	shape := Shape{
		Name: "partitions", Text: "as zipf, with topics of 4, 64 and 1,000 partitions; then 10 s with nothing to read", Idle: idleTime,
	}
	base := Loaderline(programs.Loaderline, LoaderlineOptions{Partitions: least})
	shape.Processors = append(shape.Processors, base, again(base))
	for _, n := range []int{some, many} {
		shape.Processors = append(shape.Processors, Loaderline(programs.Loaderline, LoaderlineOptions{Name: named("loaderline", n, "partitions"), Partitions: n}))
	}
	for _, n := range []int{least, some, many} {
		tuned := Tuned(programs.Tuned, TunedOptions{Sessions: sessions})
		tuned.Partitions = n
		if n != least {
			tuned.Name = named(tuned.Name, n, "partitions")
		}
		shape.Processors = append(shape.Processors, tuned)
	}
	return shape
}

// members returns the shape that compares groups of several sizes: workers of one process and, for the most, processes of
// several workers too. Each worker is a member.
func members(programs Programs) Shape {
	const least, some, most, processes, partitions = 1, 10, 100, 25, 100
	loaderline := func(o LoaderlineOptions) Processor {
		o.Partitions = partitions
		return Loaderline(programs.Loaderline, o)
	}
	one := loaderline(LoaderlineOptions{Name: "loaderline-1-member", Workers: least})
	join := loaderline(LoaderlineOptions{Name: "joining", Workers: 1})
	return Shape{
		Name: "members", Text: "as zipf, with topics of 100 partitions and 1, 10 and 100 members; then one more member joins", Join: &join,
		Processors: []Processor{
			one, again(one),
			loaderline(LoaderlineOptions{Name: named("loaderline", some, "members"), Workers: some}),
			loaderline(LoaderlineOptions{Name: named("loaderline", most, "members"), Workers: most}),
			loaderline(LoaderlineOptions{Name: "loaderline-25x4", Workers: most / processes, Processes: processes}),
		},
	}
}

// wide returns the shape with large plans and large events. Its processors get few events.
func wide(programs Programs) Shape {
	const (
		stages, stageEvents = 30, 50_000
		size, sizeEvents    = 1 << 20, 1_000
		keys, keyEvents     = 10_000, 500
	)
	loaderline := func(o LoaderlineOptions) Processor { return Loaderline(programs.Loaderline, o) }
	base := loaderline(LoaderlineOptions{Events: stageEvents}) // What 30 stages cost is for as many events from a cold cache.
	return Shape{
		Name: "wide", Text: "as zipf, with 30 stages, with events of 1 MB, and with 10,000 keys in each event",
		Processors: []Processor{
			base, again(base),
			loaderline(LoaderlineOptions{Name: "loaderline-30-stages", Stages: stages, Events: stageEvents}),
			loaderline(LoaderlineOptions{Name: "loaderline-1MB", Wide: Wide{Padding: size}, Events: sizeEvents}),
			loaderline(LoaderlineOptions{Name: "loaderline-10000-keys", Wide: Wide{Keys: keys}, Events: keyEvents}),
			loaderline(LoaderlineOptions{Name: "loaderline-10000-keys-512MiB", Wide: Wide{Keys: keys}, Events: keyEvents, Total: "512MiB"}),
		},
	}
}

// named is the name of a processor with a size of something.
func named(name string, size int, of string) string { return fmt.Sprintf("%s-%d-%s", name, size, of) }
