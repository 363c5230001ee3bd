package sqllookup

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// matching gathers the rows of one call for a key that the database compares in its own way. It groups rows by the
// content of their key columns. The database says which of these keys equals which key of the call. One row may belong
// to several keys.
type matching struct {
	equality equality
	ask      ask

	keys   []rowKey
	byCell map[string]int32 // numbers of keys
	rows   []matchedRow     // in the order in which they came
	ofKey  [][]int32        // the rows of each of keys
	errs   []error          // of each of keys
}

type matchedRow struct{ start, end int }

// take takes a row whose key d has read, with the error that it had, and renders it into a's buffer.
func (m *matching) take(a *answer, r row, unusable error) {
	if slices.ContainsFunc(a.parts, func(part []byte) bool { return len(part) == 0 || string(part) == "null" }) {
		a.keyless++ // NULL equals nothing.
		return
	}
	at := m.number(&a.reader, unusable)
	start := len(a.buf)
	var err error
	if a.buf, err = a.appendObject(a.buf, r); err != nil {
		a.buf = a.buf[:start]
		if m.errs[at] == nil {
			m.errs[at] = err
		}
	}
	m.ofKey[at] = append(m.ofKey[at], int32(len(m.rows)))
	m.rows = append(m.rows, matchedRow{start, len(a.buf)})
}

// number is that of the last row's key.
func (m *matching) number(d *reader, unusable error) int32 {
	cells := d.cells
	if at, ok := m.byCell[string(cells)]; ok {
		return at
	}
	k := rowKey{cells: bytes.Clone(cells)}
	if unusable == nil {
		k.key = lookup.Key(string(d.key))
	}
	if m.byCell == nil {
		m.byCell = map[string]int32{}
	}
	at := int32(len(m.keys))
	m.byCell[string(k.cells)] = at
	m.keys, m.ofKey, m.errs = append(m.keys, k), append(m.ofKey, nil), append(m.errs, nil)
	return at
}

// settle puts what was found for each key.
func (m *matching) settle(ctx context.Context, a *answer) error {
	related, err := m.relate(ctx, a.batch.Keys)
	if err != nil {
		return err
	}
	if err := a.leaveOut(m.unwanted(related)); err != nil {
		return err
	}
	for i, of := range related {
		var rows []int32
		for _, k := range of {
			rows = append(rows, m.ofKey[k]...)
			err = firstOf(err, m.errs[k])
		}
		m.put(a, i, rows, err)
		err = nil
	}
	return nil
}

// unwanted counts the rows that belong to no key.
func (m *matching) unwanted(related [][]int32) (n int) {
	wanted := make([]bool, len(m.keys))
	for _, of := range related {
		for _, k := range of {
			wanted[k] = true
		}
	}
	for k, rows := range m.ofKey {
		if !wanted[k] {
			n += len(rows)
		}
	}
	return n
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// put settles the i-th key by its rows.
func (m *matching) put(a *answer, i int, rows []int32, err error) {
	switch {
	case err != nil:
		a.batch.Set(i, stages.Result[[]byte]{Err: stages.WithClass(err, stages.Permanent), State: stages.Failed})
	case len(rows) == 0:
	case a.lookup.query.Many:
		slices.Sort(rows) // As the statement has them.
		value := []byte{'['}
		for n, at := range rows {
			if n > 0 {
				value = append(value, ',')
			}
			value = append(value, a.buf[m.rows[at].start:m.rows[at].end]...)
		}
		a.batch.Set(i, stages.Result[[]byte]{Value: append(value, ']'), State: stages.Loaded})
	case len(rows) > 1:
		a.batch.Set(i, stages.Result[[]byte]{Err: stages.WithClass(&databaseError{message: fmt.Sprintf("%s for one key: many: true makes a list of them", plural.Count(len(rows), "row"))}, stages.Permanent), State: stages.Failed})
	default:
		a.batch.Set(i, stages.Result[[]byte]{Value: bytes.Clone(a.buf[m.rows[rows[0]].start:m.rows[rows[0]].end]), State: stages.Loaded})
	}
}

// relate finds, for each key of the call, the numbers of the rows' keys that equal it. It asks the database if equality
// of the canonical keys does not decide.
func (m *matching) relate(ctx context.Context, keys []lookup.Key) ([][]int32, error) {
	byKey := map[lookup.Key][]int32{}
	for k, row := range m.keys {
		if row.key != "" {
			byKey[row.key] = append(byKey[row.key], int32(k))
		}
	}
	related := make([][]int32, len(keys))
	for i, key := range keys {
		related[i] = slices.Clone(byKey[key])
	}
	if len(m.keys) == 0 {
		return related, nil
	}
	open := append(m.open(keys, related), m.leftOver(related)...)
	slices.Sort(open)
	if open = slices.Compact(open); len(open) == 0 {
		return related, nil
	}
	asked := make([]lookup.Key, len(open))
	for n, i := range open {
		asked[n] = keys[i]
	}
	err := m.ask(ctx, asked, m.keys, func(key, row int) {
		if i := open[key]; !slices.Contains(related[i], int32(row)) {
			related[i] = append(related[i], int32(row))
		}
	})
	return related, err
}

// open are the keys for which equality of the canonical keys does not decide.
func (m *matching) open(keys []lookup.Key, related [][]int32) []int {
	var open []int
	if m.equality.distinct() {
		for i := range keys {
			if len(related[i]) == 0 {
				open = append(open, i)
			}
		}
		return open
	}
	if m.regular(keys) {
		return nil
	}
	alike, understood := map[string]int{}, true
	for _, row := range m.keys {
		folded, ok := m.equality.foldRow(row)
		understood = understood && ok
		alike[folded]++
	}
	for i, key := range keys {
		folded, ok := m.equality.foldKey(key)
		if !understood || !ok || alike[folded] != len(related[i]) {
			open = append(open, i)
		}
	}
	return open
}

// regular reports whether all keys are regular, including the rows' keys.
func (m *matching) regular(keys []lookup.Key) bool {
	var room [64]byte
	for _, key := range keys {
		if !m.equality.regular(key, room[:0]) {
			return false
		}
	}
	for _, row := range m.keys {
		if row.key == "" || !m.equality.regular(row.key, room[:0]) {
			return false
		}
	}
	return true
}

// leftOver are the keys without rows, if there are rows without keys: the database has a reason to return them.
func (m *matching) leftOver(related [][]int32) []int {
	wanted := map[int32]bool{}
	var without []int
	for i, of := range related {
		for _, k := range of {
			wanted[k] = true
		}
		if len(of) == 0 {
			without = append(without, i)
		}
	}
	if len(wanted) == len(m.keys) {
		return nil
	}
	return without
}
