package topiclookup

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// tableError is a lookup.Error.
type tableError struct {
	message string
	err     error
}

var _ lookup.Error = (*tableError)(nil)

func (e *tableError) Error() string { return e.message }
func (e *tableError) Unwrap() error { return e.err }

// Code implements lookup.Error. Nothing here has a code.
func (*tableError) Code() string { return "" }

// fatal is an error that ends the use of a table.
func fatal(err error, format string, args ...any) error {
	return stages.WithClass(&tableError{fmt.Sprintf(format, args...), err}, stages.Fatal)
}

// badRecord is the error of a record that is not what the configuration says.
func badRecord(r *kgo.Record, err error) error {
	return fatal(err, "topic %s, partition %d, offset %d: %v; publish a right record of its key, or skip bad records",
		r.Topic, r.Partition, r.Offset, err)
}
