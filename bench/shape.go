package bench

import (
	"fmt"
	"time"
)

// Shape is one way to run the workload.
type Shape struct {
	// Name is what the results call it. Required.
	Name string
	// Text says in a sentence what is measured. Required.
	Text string
	// Uniform makes all users equally likely. By default they follow Zipf's law.
	Uniform bool
	// Delay is added to each answer of the database. Defaults to 0.
	Delay time.Duration
	// Rate publishes so many events a second while a processor runs, and measures how late the outputs are. Defaults to 0:
	// the events are there before, and what is measured is how many are done in a second.
	Rate float64
	// Start measures how soon a group that has committed before has its first output.
	Start bool
	// Fault is what befalls a processor while events come. It runs once then. Defaults to none.
	Fault Fault
	// Idle has a processor run for so long after the last output with nothing to read, and measures what it takes. Defaults to
	// not at all.
	Idle time.Duration
	// Join is one more member, which joins after the last output: how long the group takes until all its members have their
	// partitions is measured. Defaults to none.
	Join *Processor
	// Rounds is how often each processor runs at least. Defaults to the bench's.
	Rounds int
	// Missing are programs that belong here and could not be had.
	Missing []Missing
	// Processors run in turn. The first is what the report compares the others with. Required, with names that differ.
	Processors []Processor
}

// Missing is a program that does not run, and why.
type Missing struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// check returns why a shape cannot run.
func (s Shape) check() error {
	names := map[string]bool{}
	for _, p := range s.Processors {
		if names[p.Name] {
			return fmt.Errorf("shape %s has two processors named %s: their results would be one", s.Name, p.Name)
		}
		names[p.Name] = true
	}
	return nil
}

// Programs are the paths of the built programs.
type Programs struct{ Loaderline, Tuned, Naive string }

// Shapes returns the shapes of docs/benchmark.md. In each but start the second processor is the first under another
// name: how far the two differ is what the machine alone does to the others.
func Shapes(programs Programs) []Shape {
	tuned := func(o TunedOptions) Processor { return Tuned(programs.Tuned, o) }
	loaderline := func(o LoaderlineOptions) Processor { return Loaderline(programs.Loaderline, o) }
	const (
		four    = 4
		distant = 10 * time.Millisecond
		bulk    = 1_000
		pace    = 10_000
		tries   = 5
	)
	return []Shape{
		{
			Name: "zipf", Text: "a few users have most of the events; the cache is cold",
			Processors: []Processor{
				tuned(TunedOptions{Sessions: four}), again(tuned(TunedOptions{Sessions: four})), tuned(TunedOptions{}),
				loaderline(LoaderlineOptions{}),
				loaderline(LoaderlineOptions{Name: "loaderline-none", Source: "none"}), loaderline(LoaderlineOptions{Name: "loaderline-full", Source: "full"}),
				loaderline(LoaderlineOptions{Name: "loaderline-64MiB", Memory: "64MiB"}),
				loaderline(LoaderlineOptions{Name: "loaderline-2x2", Workers: 2, Processes: 2}),
				Naive(programs.Naive),
			},
		},
		{
			Name: "records", Text: "as zipf, with records that the file describes, and events in Avro",
			Processors: []Processor{
				loaderline(LoaderlineOptions{}), again(loaderline(LoaderlineOptions{})),
				loaderline(LoaderlineOptions{Name: "loaderline-value", Output: "value: {event_id: event.event_id, at: event.occurred_at, name: user.name, tier: user.tier, purchases: purchases}"}),
				loaderline(LoaderlineOptions{Name: "loaderline-expressions", Output: "value: {event_id: event.event_id, at: event.occurred_at, name: upper(user.name), bought: len(purchases) + event.user_id, purchases: purchases}"}),
				loaderline(LoaderlineOptions{Name: "loaderline-avro", Avro: true}),
				loaderline(LoaderlineOptions{Name: "loaderline-avro-avro", Avro: true, Output: "format: avro, id: none, schema: {derive: true, name: Enriched}"}),
			},
		},
		{
			Name: "memory", Text: "as zipf, with bounds for the memory of the process",
			Processors: []Processor{
				tuned(TunedOptions{Sessions: four}), again(tuned(TunedOptions{Sessions: four})), loaderline(LoaderlineOptions{}),
				loaderline(LoaderlineOptions{Name: "loaderline-512MiB", Total: "512MiB"}),
				loaderline(LoaderlineOptions{Name: "loaderline-192MiB", Total: "192MiB"}),
			},
		},
		{
			Name: "tables", Text: "as zipf, with the user alone: cached before the first event, and from a topic",
			Processors: []Processor{
				loaderline(LoaderlineOptions{UserOnly: true, Preload: true}), again(loaderline(LoaderlineOptions{UserOnly: true, Preload: true})),
				loaderline(LoaderlineOptions{Name: "loaderline-table", UserOnly: true, Table: true}),
			},
		},
		{
			Name: "warm", Text: "as zipf, with all users cached before the first event",
			Processors: []Processor{
				tuned(TunedOptions{Sessions: four, Preload: true}), again(tuned(TunedOptions{Sessions: four, Preload: true})),
				tuned(TunedOptions{Preload: true}), loaderline(LoaderlineOptions{Preload: true}),
				loaderline(LoaderlineOptions{Name: "loaderline-none", Source: "none", Preload: true}),
			},
		},
		{
			Name: "uniform", Text: "all users are equally likely; the cache is cold", Uniform: true,
			Processors: []Processor{
				tuned(TunedOptions{Sessions: four}), again(tuned(TunedOptions{Sessions: four})), tuned(TunedOptions{}),
				loaderline(LoaderlineOptions{}), loaderline(LoaderlineOptions{Name: "loaderline-none", Source: "none"}),
			},
		},
		{
			Name: "remote", Text: "as zipf, with 10 ms added to each answer of the database and batches of 1,000 events", Delay: distant,
			Processors: []Processor{
				tuned(TunedOptions{Sessions: four, Batch: bulk}), again(tuned(TunedOptions{Sessions: four, Batch: bulk})),
				tuned(TunedOptions{Batch: bulk}), loaderline(LoaderlineOptions{MaxRecords: bulk}),
			},
		},
		{
			Name: "paced", Text: "10,000 events a second; from when an event was due to its committed output", Rate: pace,
			Processors: []Processor{
				tuned(TunedOptions{}), again(tuned(TunedOptions{})), tuned(TunedOptions{Preload: true}),
				loaderline(LoaderlineOptions{}), loaderline(LoaderlineOptions{Workers: 1}),
				tuned(TunedOptions{AtLeastOnce: true}),
				loaderline(LoaderlineOptions{Workers: 1, Linger: "0s", AtLeastOnce: true}),
			},
		},
		{
			Name: "start", Text: "from the start of the process to the first committed output, of a group that has committed before", Start: true,
			Rounds: tries, Processors: []Processor{tuned(TunedOptions{Sessions: four}), loaderline(LoaderlineOptions{})},
		},
		partitions(programs), members(programs), wide(programs),
	}
}

// Again is how the name of a processor ends that is another one a second time.
const Again = "-again"

// again returns the processor under another name.
func again(p Processor) Processor {
	p.Name += Again
	return p
}
