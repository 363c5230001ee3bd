package sqllookup_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

func TestAKeyThatTheDatabaseCannotJudgeIsNotAtFault(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	d.exec(t, "CREATE TABLE t (id int)")
	db := d.open(t, sqllookup.Config{})
	l := prepare(t, db, sqllookup.Query{SQL: "SELECT id FROM t WHERE id IN ($keys)", Key: []string{"id"}})
	key := keyOf(t, l, "2147483648")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{key})
	if err := l.Load(t.Context(), b); err == nil || stages.ClassOf(err) != stages.Transient || b.Result(0).Err != nil {
		t.Errorf("%v (%v), want a transient error of the call", err, b.Result(0).Err)
	}
}

func TestCallersLearnTogether(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	d.exec(t, "CREATE TABLE t (id int)")
	l := d.lookup(t, sqllookup.Query{SQL: "SELECT id FROM t WHERE id IN ($keys)", Key: []string{"id"}})
	var keys []lookup.Key
	for i := range 20 {
		keys = append(keys, keyOf(t, l, fmt.Sprint(2147483648+i)))
	}
	d.exec(t, "ALTER TABLE t ALTER id TYPE bigint")
	d.exec(t, "INSERT INTO t SELECT 2147483648 + i FROM generate_series(0, 19) i")
	var callers sync.WaitGroup
	for key := range slices.Values(keys) {
		callers.Go(func() {
			b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{key})
			if err := l.Load(t.Context(), b); err != nil || b.Result(0).State != stages.Loaded {
				t.Errorf("%s: %v (%v, %v)", key, b.Result(0).State, err, b.Result(0).Err)
			}
		})
	}
	callers.Wait()
}

// Rows that belong to no key of a call may be a sign of another way to compare keys. If they are not, they are left out as
// before.
func TestRowsThatNoKeyIsAskedForTeachNothing(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, d database) {
		t.Helper()
		d.exec(t, "CREATE TABLE t (id bigint, a varchar(9))")
		d.exec(t, "INSERT INTO t VALUES (1, 'x'), (2, 'y'), (NULL, 'z')")
		l := d.lookup(t, sqllookup.Query{SQL: "SELECT a, id AS _key FROM t WHERE id IN ($keys) OR a > 'w'"})
		for range 2 {
			b := load(t, l, "1")
			if got := string(b.Result(0).Value); got != `{"a":"x"}` || b.Extra() != 2 {
				t.Errorf("%s, and %d rows left out", got, b.Extra())
			}
		}
		if times, _ := l.Learned(); times != 0 {
			t.Errorf("something new was learned of the key %d times", times)
		}
	})
}
