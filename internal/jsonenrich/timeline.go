package jsonenrich

import (
	"fmt"
	"slices"
	"time"
	"unsafe"

	"github.com/loaderline/loaderline/stages"
)

// timeline has all versions of a key.
type timeline struct {
	fragments *Fragments
	// one has the versions if at most one is valid at a time.
	one stages.Versions[versionRow]
	// Otherwise the rows are in the order of the source. bounds are the times at which any of them begins or ends, and valid counts the
	// rows that are valid before each of the bounds, and after the last.
	rows   []versionRow
	bounds []time.Time
	valid  []int32
}

// versionRow is a row without the members that say when it is valid: from the time from on, and until to. A zero time is open.
type versionRow struct {
	json     []byte
	from, to time.Time
}

// At returns the number of the version that is valid at a time.
func (f *Fragment) At(t time.Time) (version int, ok bool) {
	line := f.rare.timeline
	if !line.fragments.Many {
		return line.one.At(t)
	}
	after, exact := slices.BinarySearchFunc(line.bounds, t, time.Time.Compare)
	if exact {
		after++
	}
	return after, line.valid[after] > 0
}

// Version returns a version: a row, or with Many the list of the rows that are valid then.
func (f *Fragment) Version(version int) *Fragment {
	line := f.rare.timeline
	if !line.fragments.Many {
		row := line.one.Version(version)
		return line.fragments.version(row)
	}
	var list versionRow
	if version > 0 {
		list.from = line.bounds[version-1]
	}
	if version < len(line.bounds) {
		list.to = line.bounds[version]
	}
	for _, row := range line.rows {
		if !row.from.After(list.from) && (row.to.IsZero() || !list.to.IsZero() && !row.to.Before(list.to)) {
			list.json = append(append(list.json, separator(len(list.json), '[')...), row.json...)
		}
	}
	list.json = append(list.json, ']')
	return line.fragments.version(list)
}

// version makes the Fragment of a version, whose rows were scanned before.
func (f *Fragments) version(row versionRow) *Fragment {
	fragment, err := f.fragment(row.json)
	if err != nil {
		fragment = &Fragment{json: row.json} // It cannot be: the same bytes were scanned without an error.
	}
	if fragment.rare == nil {
		fragment.rare = &rare{}
	}
	fragment.rare.version = &row
	return fragment
}

// Valid returns for which time a version is valid. A zero time is open. It returns false for what is no version.
func (f *Fragment) Valid() (from, to time.Time, ok bool) {
	if f.rare == nil || f.rare.version == nil {
		return from, to, false
	}
	return f.rare.version.from, f.rare.version.to, true
}

// timelineOf reads the list of all rows of a key.
func (f *Fragments) timelineOf(json []byte) (*timeline, error) {
	rows, ends, err := readVersions(json)
	if err != nil {
		return nil, err
	}
	line := &timeline{fragments: f}
	if f.Many {
		line.manyOf(rows)
	} else {
		err = line.oneOf(rows, ends)
	}
	if err != nil {
		return nil, err
	}
	return line, f.scanAll(rows)
}

// scanAll scans the rows, so that no version fails later.
func (f *Fragments) scanAll(rows []versionRow) error {
	for i, row := range rows {
		json := row.json
		if f.Many {
			json = slices.Concat([]byte("["), json, []byte("]"))
		}
		if _, err := f.fragment(json); err != nil {
			return fmt.Errorf("row %d: %w", i+1, err)
		}
	}
	return nil
}

// oneOf takes over rows of which at most one is valid at a time. If no row says when it ends, each ends when the next begins.
func (t *timeline) oneOf(rows []versionRow, ends bool) error {
	if !ends {
		slices.SortStableFunc(rows, func(a, b versionRow) int { return a.from.Compare(b.from) })
		for i := 1; i < len(rows); i++ {
			if rows[i].from.Equal(rows[i-1].from) {
				return fmt.Errorf("two versions begin %s, and none says when it ends", began(rows[i].from))
			}
			rows[i-1].to = rows[i].from
		}
	}
	list := make([]stages.Version[versionRow], len(rows))
	for i, row := range rows {
		list[i] = stages.Version[versionRow]{From: row.from, To: row.to, Value: row}
	}
	var err error
	t.one, err = stages.NewVersions(list)
	return err
}

func began(t time.Time) string {
	if t.IsZero() {
		return "before all times"
	}
	return "at " + t.UTC().Format(time.RFC3339Nano)
}

// manyOf takes over rows of which any number is valid at a time.
func (t *timeline) manyOf(rows []versionRow) {
	t.rows = slices.DeleteFunc(rows, func(r versionRow) bool { return !r.from.IsZero() && r.from.Equal(r.to) })
	for _, row := range t.rows {
		for _, bound := range []time.Time{row.from, row.to} {
			if !bound.IsZero() {
				t.bounds = append(t.bounds, bound)
			}
		}
	}
	slices.SortFunc(t.bounds, time.Time.Compare)
	t.bounds = slices.CompactFunc(t.bounds, time.Time.Equal)
	change := make([]int32, len(t.bounds)+2)
	after := func(bound time.Time) int {
		i, _ := slices.BinarySearchFunc(t.bounds, bound, time.Time.Compare)
		return i + 1
	}
	for _, row := range t.rows {
		if row.from.IsZero() {
			change[0]++
		} else {
			change[after(row.from)]++
		}
		if !row.to.IsZero() {
			change[after(row.to)]--
		}
	}
	t.valid = make([]int32, len(t.bounds)+1)
	sum := int32(0)
	for i := range t.valid {
		sum += change[i]
		t.valid[i] = sum
	}
}

// bytes returns the memory of the rows.
func (t *timeline) bytes() int64 {
	if t == nil {
		return 0
	}
	n := int64(unsafe.Sizeof(*t)) + int64(cap(t.bounds))*int64(unsafe.Sizeof(time.Time{})) + 4*int64(cap(t.valid))
	for _, row := range t.rows {
		n += row.bytes()
	}
	for v := range t.one.All() {
		n += v.Value.bytes() + 2*int64(unsafe.Sizeof(v.From))
	}
	return n
}

func (r *versionRow) bytes() int64 { return int64(unsafe.Sizeof(*r)) + int64(len(r.json)) }
