package stages

import (
	"fmt"
	"iter"
	"slices"
	"time"
)

// Timeline is a value of a key over time. It never changes. Versions is one.
type Timeline[V any] interface {
	// At returns the number of the version that is valid at a time. It returns false if no version is.
	At(t time.Time) (version int, ok bool)
	// Version returns a version by its number.
	Version(version int) V
}

// Version is a value with the time for which it is valid.
type Version[V any] struct {
	// From is the first moment at which the version is valid. The zero time is open: the version has always been valid.
	From time.Time
	// To is the first moment at which the version is not valid any more. The zero time is open.
	To    time.Time
	Value V
}

// Versions is the versions of one key, of which at most one is valid at any time. It is a Timeline. Its zero value has no versions.
type Versions[V any] struct{ versions []Version[V] }

// NewVersions returns the Versions of a list in any order. It leaves out versions that end when they begin. It returns an error if
// a version ends before it begins, or if two versions overlap. It takes over and sorts the list.
func NewVersions[V any](list []Version[V]) (Versions[V], error) {
	for _, v := range list {
		if !v.From.IsZero() && !v.To.IsZero() && v.To.Before(v.From) {
			return Versions[V]{}, fmt.Errorf("the version %s ends before it begins", v)
		}
	}
	list = slices.DeleteFunc(list, func(v Version[V]) bool { return !v.From.IsZero() && v.From.Equal(v.To) })
	slices.SortStableFunc(list, func(a, b Version[V]) int { return a.From.Compare(b.From) })
	for i := 1; i < len(list); i++ {
		if before := list[i-1]; before.To.IsZero() || before.To.After(list[i].From) {
			return Versions[V]{}, fmt.Errorf("the versions %s and %s overlap", before, list[i])
		}
	}
	return Versions[V]{list}, nil
}

// String returns the version's bounds. An open bound is "...".
func (v Version[V]) String() string { return "from " + bound(v.From) + " to " + bound(v.To) }

func bound(t time.Time) string {
	if t.IsZero() {
		return "..."
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// At implements Timeline by binary search.
func (v Versions[V]) At(t time.Time) (version int, ok bool) {
	i, exact := slices.BinarySearchFunc(v.versions, t, func(v Version[V], t time.Time) int {
		if v.From.IsZero() {
			return -1
		}
		return v.From.Compare(t)
	})
	if !exact {
		i--
	}
	if i < 0 || !v.versions[i].To.IsZero() && !t.Before(v.versions[i].To) {
		return 0, false
	}
	return i, true
}

// All yields the versions in the order of their times.
func (v Versions[V]) All() iter.Seq[Version[V]] { return slices.Values(v.versions) }

// Version implements Timeline.
func (v Versions[V]) Version(version int) V { return v.versions[version].Value }
