package kafkaadmin

import (
	"errors"
	"fmt"

	"github.com/loaderline/loaderline/internal/plural"
)

// PartitionsError says that records are to keep their input's partition, and that the output topic has fewer of them.
type PartitionsError struct {
	Input, Output                     string
	InputPartitions, OutputPartitions int
}

// Error implements error.
func (e *PartitionsError) Error() string {
	return fmt.Sprintf("topic %s has %s and output topic %s has %d: with output.partition source (sink.BySource) the output needs the same number as the input: add partitions to it, or choose the partition by key",
		e.Input, plural.Count(e.InputPartitions, "partition"), e.Output, e.OutputPartitions)
}

// ComparePartitions returns a *PartitionsError, or several joined, if records of the inputs would not find their own
// partition in each of the outputs. Topics that are not known are left out.
func ComparePartitions(topics map[string]TopicInfo, inputs, outputs []string) error {
	var problems []error
	for _, output := range outputs {
		out, known := topics[output]
		for _, input := range inputs {
			if in := topics[input]; known && in.Partitions > out.Partitions {
				problems = append(problems, &PartitionsError{Input: input, Output: output, InputPartitions: in.Partitions, OutputPartitions: out.Partitions})
			}
		}
	}
	return errors.Join(problems...)
}

// CompareRetryPartitions returns an error if a retry topic has another number of partitions than the input: a record waits
// in the partition that it came from. Topics that are not known are left out.
func CompareRetryPartitions(topics map[string]TopicInfo, input string, retries []string) error {
	in, known := topics[input]
	var problems []error
	for _, retry := range retries {
		if r, ok := topics[retry]; known && ok && r.Partitions != in.Partitions {
			problems = append(problems, fmt.Errorf("topic %s has %s and its retry topic %s has %d: they need the same number: add partitions to the one that has fewer, or let loaderline check --create-topics create a new retry topic",
				input, plural.Count(in.Partitions, "partition"), retry, r.Partitions))
		}
	}
	return errors.Join(problems...)
}
