package deadletter

import (
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/offsetexpr"
)

// Filter chooses dead letters. The zero Filter chooses all of the pipeline, whatever their state.
type Filter struct {
	// From and To are positions in the dead-letter topic. Their times are when records were dead-lettered. To defaults to the end.
	From offsetexpr.Position
	To   *offsetexpr.Position
	// Only names dead letters one by one. Defaults to all.
	Only []Coordinates
	// Pipeline is whose dead letters, where several share the topic. Defaults to the Queue's.
	Pipeline string
	// State is what has become of it. Defaults to any.
	State State
	// Kind and Stage are as in the headers, and Message a part of it. Default to any.
	Kind, Stage, Message string
	// Key is the record's key. Defaults to any.
	Key *string
	// Partition is the partition of the input record. Defaults to any.
	Partition *int32
	// Limit is how many dead letters are chosen at most. Defaults to all.
	Limit int
}

// matches reports whether a dead letter of the pipeline is chosen.
func (f Filter) matches(l Letter) bool {
	return (len(f.Only) == 0 || slices.Contains(f.Only, l.Coordinates)) &&
		(f.State == "" || f.State == l.State) &&
		(f.Kind == "" || f.Kind == l.Kind) &&
		(f.Stage == "" || f.Stage == l.Stage) &&
		strings.Contains(l.Message, f.Message) &&
		(f.Key == nil || l.Record.Key != nil && *f.Key == string(l.Record.Key)) &&
		(f.Partition == nil || *f.Partition == l.Source.Partition)
}

// positions narrows the range to those dead letters that are named one by one.
func (f Filter) positions() (from offsetexpr.Position, to *offsetexpr.Position) {
	if len(f.Only) == 0 {
		return f.From, f.To
	}
	from = offsetexpr.Position{Kind: offsetexpr.Partitions, At: map[int32]int64{}}
	to = &offsetexpr.Position{Kind: offsetexpr.Partitions, At: map[int32]int64{}}
	for _, c := range f.Only {
		if first, ok := from.At[c.Partition]; !ok || c.Offset < first {
			from.At[c.Partition] = c.Offset
		}
		to.At[c.Partition] = max(to.At[c.Partition], c.Offset+1)
	}
	return from, to
}
