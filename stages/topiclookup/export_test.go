package topiclookup

import (
	"context"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages/lookup"
)

// RowOverhead is what the bound counts for each row.
const RowOverhead = rowOverhead

// Version is a version of a history.
type Version struct {
	At  int64
	Row string // empty: it was removed
}

func (v Version) stored() version {
	if v.Row == "" {
		return version{at: v.At}
	}
	return version{v.At, []byte(v.Row)}
}

// Revise adds a version to a history.
func Revise(history []byte, add Version, edge int64) []byte {
	return revise(history, add.stored(), edge)
}

// Prune, Latest and AppendVersions are of histories.
var Prune, Latest, AppendVersions = prune, latest, appendVersions

// Versions are those of a history.
func Versions(history []byte) []Version {
	var all []Version
	for len(history) > 0 {
		var v version
		v, history = next(history)
		all = append(all, Version{v.at, string(v.row)})
	}
	return all
}

// StatusOf says how far a client is.
func StatusOf(c lookup.Client[Query]) lookupext.TableStatus { return c.(*client).Status() }

// Describe says what the topic of a client is.
func Describe(ctx context.Context, c lookup.Client[Query]) (detail, warning string, err error) {
	return c.(*client).Describe(ctx)
}
