package pipelinetest

import (
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/testfile"
)

// Number and Inferred are tested by themselves: no test file has all that they can be asked.
var (
	Number   = number
	Inferred = inferred
)

// CompareDecoded compares what is expected of a record without an output with what its Decode returned.
func CompareDecoded(want testfile.Expect, r *kgo.Record, decode func(loaderline.Record) (jsonenrich.Document, error)) string {
	filtered := filtered{}
	_, _ = filtered.note(decode)(*r)
	return compare(want, outcome{filtered: filtered[positionOf(*r)]})
}
