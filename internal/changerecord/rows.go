package changerecord

import (
	"errors"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

var (
	// errNoOldKey is the likeliest mistake with a key that is not the table's primary key.
	errNoOldKey = errors.New("it does not say for certain which key the row had before: let the database log whole rows " +
		"(PostgreSQL: ALTER TABLE ... REPLICA IDENTITY FULL; MySQL: binlog_row_image=FULL) and set old_key: before at its topic, " +
		"or set old_key: primary_key where the key is the table's primary key")
	errMayMove = errors.New("its key has other columns than the stage's key, so the row may have had another key before: " +
		"send before-and-after records, or set old_key: primary_key at its topic where an update never changes the stage's key")
	errNoColumns = errors.New("neither its value nor its key has the columns of the stage's key")
)

// enveloped is what an envelope says. Debezium writes an update of the columns of the record's key as a deletion and a
// creation, but only if it knows the old row. These columns need not be the primary key.
func (r *reading) enveloped(mapping int, as as) (Change, bool) {
	m := r.mappings[mapping]
	if as.op == "t" {
		return Change{All: true}, true
	}
	if as.op == "r" && strings.HasPrefix(r.values.text(as.wrapped, sourceSnapshot), "first") {
		return Change{All: true}, true // It reads the tables anew, since it may have missed changes.
	}
	var c Change
	var inKey, was, is state
	if len(m.columns) == 0 {
		if c = r.byKey(); c.All {
			return c, true
		}
		value, _ := r.values.place(as.wrapped, before)
		inKey, is = known, known
		if isObject(value) {
			was = known
		}
	} else {
		inKey = r.inKey(mapping, &c)
		was = c.take(r.values.key(as.wrapped, mapping, rowBefore))
		is = c.take(r.values.key(as.wrapped, mapping, rowAfter))
	}
	switch as.op {
	case "c", "r":
		if is == unknown && inKey != known {
			return unclear(errors.New("its row does not have the columns of the stage's key")), true
		}
	case "u", "d":
		if !r.knowsOld(mapping, as, inKey, was, is) {
			return unclear(errNoOldKey), true
		}
	default:
		return unclear(errors.New("its operation is not known")), true
	}
	return c, len(c.Keys) > 0
}

// knowsOld reports whether the keys that were found include the old key of an updated or deleted row. A null in the old row
// may be a column that was not logged. So may any value of a deletion: Debezium writes the column's default there.
func (r *reading) knowsOld(mapping int, as as, inKey, was, is state) bool {
	m := r.mappings[mapping]
	if as.op == "u" && is == unknown && inKey != known {
		return false
	}
	if m.OldKey == OldKeyPrimary {
		return inKey == known || was == known || as.op == "u" && is == known
	}
	if m.OldKey == OldKeyBefore {
		return was != unknown
	}
	table := ""
	if names := r.tables(as); len(names) > 0 {
		table = names[len(names)-1]
	}
	if as.op == "u" {
		r.whole[mapping][table] = was == known
		return was == known
	}
	return was == known && r.whole[mapping][table]
}

// row is what a plain record says.
func (r *reading) row(mapping int, as as) (Change, bool) {
	m := r.mappings[mapping]
	var c Change
	inKey, is := known, known
	if len(m.columns) == 0 {
		c = r.byKey()
	} else {
		inKey = r.inKey(mapping, &c)
		is = c.take(r.values.key(as.wrapped, mapping, rowItself))
	}
	switch {
	case c.All:
		return c, true
	case is == unknown && inKey != known:
		return unclear(errNoColumns), true
	case m.OldKey == OldKeyPrimary:
	case r.isFlattened(as):
		if !r.flatKnowsOld(m, as) {
			return unclear(errNoOldKey), true
		}
	case inKey != known && r.isOther(c):
		return unclear(errMayMove), true
	}
	return c, len(c.Keys) > 0
}

// isFlattened reports whether Debezium wrote the row, without its envelope.
func (r *reading) isFlattened(as as) bool {
	for _, place := range []int{flatTable, flatOp, flatDeleted} {
		if _, ok := r.values.place(as.wrapped, place); ok {
			return true
		}
	}
	return false
}

// flatKnowsOld reports whether the row is a new row, or the old row of a deletion. For an update it does not have both
// rows.
func (r *reading) flatKnowsOld(m Mapping, as as) bool {
	switch operation := r.values.text(as.wrapped, flatOp); {
	case operation == "d", r.isDeleted(as):
		return m.OldKey == OldKeyBefore
	default:
		return operation == "c" || operation == "r"
	}
}

// isOther reports whether the record's key distinguishes rows by something other than the key that was found.
func (r *reading) isOther(found Change) bool {
	if len(r.record.Key) == 0 {
		return false
	}
	key, err := r.wholeKey()
	if err != nil {
		return string(r.record.Key) != "null"
	}
	if body := r.keys.body(r.keys.wrapped); r.keyErr == nil && isObject(body) {
		return true
	}
	text := func(of Key) string {
		var all []string
		for _, part := range of {
			all = append(all, string(lookupkey.AppendText(nil, lookup.Key(part))))
		}
		return strings.Join(all, "\x00")
	}
	return len(found.Keys) != 1 || text(found.Keys[0]) != text(key)
}
