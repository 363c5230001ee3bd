package loaderline

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrFiltered says that an event is not for this pipeline. If Decode returns it, or an error that wraps it, the event is
// committed without a lookup and without an output record, and Tally.Filtered counts it.
var ErrFiltered = errors.New("the event is filtered out")

// filtered counts an event that Decode filtered. It waits for no earlier event of its key, because nothing of it is
// published.
func (o *outcome[E]) filtered(src *kgo.Record) {
	o.done(src)
	o.tally.Filtered++
}
