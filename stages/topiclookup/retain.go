package topiclookup

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages/lookup"
)

// The table is searched for histories that have become shorter this often: a key that has no new record keeps its own.
const (
	pruneShare         = 10 // of Retain
	minPrune, maxPrune = time.Minute, time.Hour
)

// edge is before what versions are not kept.
func (r *reader) edge() int64 { return time.Now().Add(-r.table.cfg.Retain).UnixMilli() }

// revise puts the histories that keys have from now on in the place of their rows. Of a key that changes more than once, only the last
// change is left with one.
func (r *reader) revise(changes []change) error {
	histories := make(map[string][]byte, len(changes))
	var unknown []lookup.Key
	for _, c := range changes {
		if _, known := histories[string(c.key)]; !known {
			histories[string(c.key)] = nil
			unknown = append(unknown, lookup.Key(c.key))
		}
	}
	if err := r.table.rows.get(unknown, func(i int, stored []byte) { histories[string(unknown[i])] = stored }); err != nil {
		return r.diskFailed(err)
	}
	edge := r.edge()
	for i := range changes {
		c := &changes[i]
		history := revise(histories[string(c.key)], version{c.at, c.row}, edge)
		histories[string(c.key)], c.row = history, history
	}
	return nil
}

// prune removes what is older than Retain, now and then. What fails is found out by the next record too.
func (r *reader) prune(ctx context.Context) {
	t := r.table
	if t.cfg.Retain <= 0 || time.Now().Before(r.nextPrune) {
		return
	}
	r.nextPrune = time.Now().Add(min(max(t.cfg.Retain/pruneShare, minPrune), maxPrune))
	edge := r.edge()
	var changes []change
	err := t.rows.each(func(key, stored []byte) error {
		if pruned, less := prune(stored, edge); less {
			changes = append(changes, change{key: bytes.Clone(key), row: pruned})
		}
		return nil
	})
	for len(changes) > 0 && err == nil {
		n := min(len(changes), applyAtOnce)
		err = r.commit(changes[:n], r.at)
		changes = changes[n:]
	}
	if err != nil {
		t.fail(ctx, err)
	}
}

// checkMembers refuses a row that has members of the names that those of versions have. It must be an object.
func checkMembers(row []byte) error {
	if !bytes.Contains(row, []byte(`"`+lookupext.FromMember+`"`)) && !bytes.Contains(row, []byte(`"`+lookupext.ToMember+`"`)) {
		return nil
	}
	d := jsontext.NewDecoder(bytes.NewReader(row))
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		if name.String() == lookupext.FromMember || name.String() == lookupext.ToMember {
			return errors.New("its value has a member _from or _to, which the table adds to versions")
		}
		if err := d.SkipValue(); err != nil {
			return err
		}
	}
	return nil
}
