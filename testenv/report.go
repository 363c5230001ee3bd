package testenv

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Source is where an input record is.
type Source struct {
	Partition int
	Offset    int64
}

// String returns PARTITION:OFFSET.
func (s Source) String() string { return fmt.Sprintf("%d:%d", s.Partition, s.Offset) }

// SourceOf returns the input record that an outcome names: by the header loaderline.source, as topic/partition/offset, or by
// loaderline.source.partition and .offset. It returns false if the outcome has neither.
func SourceOf(r *Record) (Source, bool) {
	partition, ok := r.Header("loaderline.source.partition")
	offset, ok2 := r.Header("loaderline.source.offset")
	if short, isShort := r.Header("loaderline.source"); isShort {
		if parts := strings.Split(short, "/"); len(parts) == 3 {
			partition, offset, ok, ok2 = parts[1], parts[2], true, true
		}
	}
	p, err := strconv.Atoi(partition)
	o, err2 := strconv.ParseInt(offset, 10, 64)
	return Source{Partition: p, Offset: o}, ok && ok2 && err == nil && err2 == nil
}

// DeadLetter is what a dead letter says of itself.
type DeadLetter struct {
	Source Source
	// Kind, Stage, Code and Message are its headers loaderline.error.*; empty where a header is not there.
	Kind, Stage, Code, Message string
	// Record is the whole record as it was read.
	Record Record
}

// Finding is how often something is wrong, with the first examples.
type Finding struct {
	Count    int
	Examples []string // five at most.
}

// add counts one more; the example is made only where it is kept.
func (f *Finding) add(format string, args ...any) {
	const most = 5
	if f.Count++; len(f.Examples) < most {
		f.Examples = append(f.Examples, fmt.Sprintf(format, args...))
	}
}

// Report is a checker's verdict on all outcomes of an input topic.
type Report struct {
	// Inputs is the number of input records, Enriched and Dead that of the records in the output and the dead-letter
	// topic, and Distinct that of the input records with an outcome.
	Inputs, Enriched, Dead, Distinct int

	// Lost are input records without an outcome, and missing records of an event that becomes several.
	Lost Finding
	// Duplicates are outcomes beyond the first of an input record, in either topic. Where an event becomes several, they are
	// outcomes beyond the first of each, and a dead letter beside any.
	Duplicates Finding
	// OutOfOrder are first outcomes that come after that of a later record of the same key and source partition,
	// and keys that are in two partitions of the output.
	OutOfOrder Finding
	// Wrong are outcomes whose event, key, timestamp or enrichment is not what the input and the oracle demand.
	Wrong Finding
	// Unexpected are outcomes of no input record, outputs that are none of the records of their event, and dead letters of
	// events that could be enriched.
	Unexpected Finding

	// Uncommitted are partitions whose committed offset is not their end, where a group is checked.
	Uncommitted Finding

	// DeadLetters are the first dead letters by the record they are of.
	DeadLetters map[Source]DeadLetter

	// AtLeastOnce reports whether duplicates are allowed.
	AtLeastOnce bool
}

// OK reports whether nothing is wrong.
func (r *Report) OK() bool {
	return r.Lost.Count == 0 && r.OutOfOrder.Count == 0 && r.Wrong.Count == 0 && r.Unexpected.Count == 0 && r.Uncommitted.Count == 0 &&
		(r.AtLeastOnce || r.Duplicates.Count == 0)
}

// String returns the report as a table, with the examples and the kinds of dead letters below it.
func (r *Report) String() string {
	var text strings.Builder
	verdict := "exactly once: OK"
	if r.AtLeastOnce {
		verdict = "at least once: OK"
	}
	if !r.OK() {
		verdict = "NOT OK"
	}
	fmt.Fprintln(&text, verdict)
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "inputs\tenriched\tdead\tdistinct\tlost\tduplicate\tout of order\twrong\tunexpected\t")
	_, _ = fmt.Fprintf(table, "%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", r.Inputs, r.Enriched, r.Dead, r.Distinct,
		r.Lost.Count, r.Duplicates.Count, r.OutOfOrder.Count, r.Wrong.Count, r.Unexpected.Count)
	_ = table.Flush() // a strings.Builder takes all.
	for _, f := range []struct {
		name string
		Finding
	}{
		{"lost", r.Lost},
		{"duplicate", r.Duplicates},
		{"out of order", r.OutOfOrder},
		{"wrong", r.Wrong},
		{"unexpected", r.Unexpected},
		{"uncommitted", r.Uncommitted},
	} {
		for _, example := range f.Examples {
			fmt.Fprintf(&text, "%s: %s\n", f.name, example)
		}
	}
	kinds := map[string]int{}
	for _, letter := range r.DeadLetters {
		kinds[letter.Kind]++
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		fmt.Fprintf(&text, "dead letters of kind %q: %d\n", kind, kinds[kind])
	}
	return text.String()
}
