package sqllookup

import (
	"bytes"
	"context"
	"fmt"

	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// answer gathers the rows of one call by key. Rows are rendered one after another into one buffer, and copied from
// there once they are complete: a value shares no memory with others, so that a cache frees what it evicts.
type answer struct {
	reader

	lookup *prepared
	batch  *stages.Batch[lookup.Key, []byte]
	slots  map[lookup.Key]int32
	keys   []found
	rows   []rowSpan
	buf    []byte
	latest int32 // the slot of the last row: rows of one key tend to be together

	keyless  int       // rows without a usable key
	surplus  int       // rows with a key that nobody asked for
	matching *matching // nil: equal keys are equal texts
}

// found is what is known of one key. first and last are rows counted from 1.
type found struct {
	first, last int32
	n           int
	bytes       int
	err         error
}

type rowSpan struct {
	start, end int
	next       int32
}

func newAnswer(l *prepared, lay *layout, b *stages.Batch[lookup.Key, []byte]) *answer {
	const most = 16 << 20 // A guess may be wrong.
	a := &answer{
		reader: newReader(l.types, lay), lookup: l, batch: b, latest: -1,
		slots: make(map[lookup.Key]int32, len(b.Keys)), keys: make([]found, len(b.Keys)),
		rows: make([]rowSpan, 0, len(b.Keys)),
		buf:  make([]byte, 0, min(l.bytesPerKey.Load()*int64(len(b.Keys)), most)),
	}
	for i, k := range b.Keys {
		a.slots[k] = int32(i)
	}
	if !l.equality.exact() {
		a.matching, a.keepCells = &matching{equality: l.equality, ask: l.ask}, true
	}
	return a
}

// add takes one row. Its error ends the call; what is wrong with the row alone fails its key.
func (a *answer) add(r row) error {
	if a.matching != nil {
		unusable := a.read(r)
		a.matching.take(a, r, unusable)
	} else {
		slot, ok := a.slotOf(r)
		if !ok {
			return nil
		}
		a.collect(&a.keys[slot], r)
	}
	if limit := a.lookup.db.cfg.MaxAnswerBytes; int64(len(a.buf)) > limit {
		return stages.WithClass(&databaseError{message: fmt.Sprintf(
			"the answer to %s is larger than %d bytes: lower max_keys", plural.Count(len(a.batch.Keys), "key"), limit)}, stages.Permanent)
	}
	return nil
}

func (a *answer) collect(f *found, r row) {
	if f.n++; f.err != nil || (f.n > 1 && !a.lookup.query.Many) {
		return // The key has failed: how its rows look does not matter.
	}
	start := len(a.buf)
	if a.buf, f.err = a.appendObject(a.buf, r); f.err != nil {
		a.buf = a.buf[:start]
		return
	}
	a.rows = append(a.rows, rowSpan{start: start, end: len(a.buf)})
	at := int32(len(a.rows))
	if f.first == 0 {
		f.first = at
	} else {
		a.rows[f.last-1].next = at
	}
	f.last = at
	f.bytes += len(a.buf) - start
}

// slotOf finds the key that a row belongs to. It counts a row whose key is unusable or was not asked for.
func (a *answer) slotOf(r row) (int32, bool) {
	if err := a.read(r); err != nil {
		a.keyless++
		return 0, false
	}
	if a.latest >= 0 && string(a.batch.Keys[a.latest]) == string(a.key) {
		return a.latest, true
	}
	slot, ok := a.slots[lookup.Key(a.key)]
	if !ok {
		a.surplus++
		return 0, false
	}
	a.latest = slot
	return slot, true
}

// leaveOut counts the rows without a key, and the rows that belong to no key of the call. It returns errSurplus if the latter may
// be a sign of another way to compare keys.
func (a *answer) leaveOut(rows int) error {
	if rows > 0 && !a.lookup.surplus.Load() {
		return errSurplus
	}
	for range rows + a.keyless {
		a.batch.Put("", nil)
	}
	return nil
}

// settle puts what was found. Keys without rows are left to be missing. It may need a connection.
func (a *answer) settle(ctx context.Context) error {
	a.lookup.bytesPerKey.Store(int64(len(a.buf)/len(a.batch.Keys)) * 5 / 4)
	if a.matching != nil {
		return a.matching.settle(ctx, a)
	}
	if err := a.leaveOut(a.surplus); err != nil {
		return err
	}
	for i := range a.batch.Keys {
		f := &a.keys[i]
		switch {
		case f.err != nil:
			a.batch.Set(i, stages.Result[[]byte]{Err: stages.WithClass(f.err, stages.Permanent), State: stages.Failed})
		case f.n == 0:
		case a.lookup.query.Many:
			a.batch.Set(i, stages.Result[[]byte]{Value: a.list(f), State: stages.Loaded})
		case f.n > 1:
			a.batch.Set(i, stages.Result[[]byte]{Err: stages.WithClass(&databaseError{message: fmt.Sprintf(
				"%s for one key: many: true makes a list of them", plural.Count(f.n, "row"))}, stages.Permanent), State: stages.Failed})
		default:
			span := a.rows[f.first-1]
			a.batch.Set(i, stages.Result[[]byte]{Value: bytes.Clone(a.buf[span.start:span.end]), State: stages.Loaded})
		}
	}
	return nil
}

// list is the array of a key's rows, in the order in which they came.
func (a *answer) list(f *found) []byte {
	value := make([]byte, 0, f.bytes+f.n+1)
	value = append(value, '[')
	for at := f.first; at != 0; at = a.rows[at-1].next {
		if len(value) > 1 {
			value = append(value, ',')
		}
		span := a.rows[at-1]
		value = append(value, a.buf[span.start:span.end]...)
	}
	return append(value, ']')
}
