package sqllookup_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

// rowsOf are the numbers that a query returns.
func (d database) rowsOf(tb testing.TB, query string, args ...any) []int {
	tb.Helper()
	numbers := []int{}
	if d.driver == sqllookup.Postgres {
		ctx := context.WithoutCancel(tb.Context())
		conn, err := pgx.Connect(ctx, d.dsn)
		if err != nil {
			tb.Fatal(err)
		}
		defer func() { _ = conn.Close(ctx) }()
		rows, err := conn.Query(ctx, query, args...)
		if err != nil {
			tb.Fatal(err)
		}
		if numbers, err = pgx.CollectRows(rows, pgx.RowTo[int]); err != nil {
			tb.Fatalf("%s: %v", query, err)
		}
		return numbers
	}
	dsn := d.dsn
	if d.driver == sqllookup.SQLite {
		dsn = "file:" + strings.NewReplacer("%", "%25", "#", "%23").Replace(dsn)
	}
	db, err := sql.Open(d.driver, dsn)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(tb.Context(), query, args...)
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			tb.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return numbers
}

// literal is a JSON key in SQL, as a client would write it.
func (d database) literal(raw string) string {
	if raw[0] != '"' && d.driver == sqllookup.Postgres {
		return "'" + raw + "'" // Else a number decides what the column is compared as.
	}
	if raw[0] != '"' {
		return raw
	}
	var text string
	if err := json.Unmarshal([]byte(raw), &text); err != nil {
		panic(err)
	}
	return "'" + text + "'"
}

// What the database finds for WHERE column = key is what a lookup finds, in the statement's order, whatever keys are asked
// for beside it.
func TestALookupFindsWhatTheDatabaseFinds(t *testing.T) {
	t.Parallel()
	opened := openAll(t)
	for i, c := range comparisons {
		t.Run(fmt.Sprintf("%d %s", i, c.declared), func(t *testing.T) {
			t.Parallel()
			d := opened[c.driver]
			table := fmt.Sprintf("k%d", i)
			d.exec(t, "CREATE TABLE "+table+" (n integer, id "+c.declared+")")
			for i, text := range slices.Concat(c.stored, c.stored) { // Each twice.
				d.exec(t, fmt.Sprintf("INSERT INTO %s VALUES (%d, '%s')", table, i, text))
			}
			q := sqllookup.Query{SQL: "SELECT n, id FROM " + table + " WHERE id IN ($keys) ORDER BY n", Key: []string{"id"}, Many: true}
			pair := sqllookup.Query{SQL: "SELECT n, id, n % 2 AS half FROM " + table + " WHERE (n % 2, id) IN ($keys) ORDER BY n", Key: []string{"half", "id"}, Many: true}
			if c.keyType != "" {
				q.KeyType, pair.KeyType = []string{c.keyType}, []string{"bigint", c.keyType}
			}
			if d.driver == sqllookup.SQLite && pair.KeyType == nil {
				pair.KeyType = []string{"bigint", d.lookup(t, q).Types()[0].String()}
			}
			single, double := d.lookup(t, q), d.lookup(t, pair)
			found := map[string][]int{} // by spelling
			for _, raw := range c.spelled {
				found[raw] = d.rowsOf(t, "SELECT n FROM "+table+" WHERE id = "+d.literal(raw)+" ORDER BY n")
			}
			rapid.Check(t, func(rt *rapid.T) {
				asked := rapid.SliceOfNDistinct(rapid.SampledFrom(c.spelled), 1, len(c.spelled), rapid.ID[string]).Draw(rt, "asked")
				half := rapid.IntRange(0, 1).Draw(rt, "half")
				var ones, twos []lookup.Key
				for _, raw := range asked {
					ones = append(ones, canonical(t, single, raw))
					twos = append(twos, canonical(t, double, fmt.Sprint(half), raw))
				}
				check := func(l lookupext.Database, keys []lookup.Key, want func(n int) bool) {
					b := load(t, l, distinct(keys)...)
					for i, raw := range asked {
						got := []int{}
						if r := b.Result(slices.Index(b.Keys, keys[i])); r.State == stages.Loaded {
							got = numbersIn(t, r.Value)
						} else if r.State == stages.Failed {
							rt.Errorf("%s: %v", raw, r.Err)
						}
						if diff := cmp.Diff(slices.DeleteFunc(slices.Clone(found[raw]), func(n int) bool { return !want(n) }), got); diff != "" {
							rt.Errorf("%s among %s (-database +lookup):\n%s", raw, asked, diff)
						}
					}
					if b.Extra() > 0 {
						rt.Errorf("%d rows are left out of %s", b.Extra(), asked)
					}
				}
				check(single, ones, func(int) bool { return true })
				check(double, twos, func(n int) bool { return n%2 == half })
			})
		})
	}
}

func distinct(keys []lookup.Key) []lookup.Key {
	keys = slices.Clone(keys)
	slices.Sort(keys)
	return slices.Compact(keys)
}

func canonical(tb testing.TB, l lookupext.Database, raws ...string) lookup.Key {
	tb.Helper()
	parts := make([][]byte, len(raws))
	for i, raw := range raws {
		parts[i] = []byte(raw)
	}
	key, err := l.Types().Canonical(parts...)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func numbersIn(tb testing.TB, list []byte) []int {
	tb.Helper()
	var rows []struct{ N int }
	if err := json.Unmarshal(list, &rows); err != nil {
		tb.Fatalf("%s: %v", list, err)
	}
	numbers := []int{}
	for _, r := range rows {
		numbers = append(numbers, r.N)
	}
	return numbers
}

// fill creates a table with a row for each spelling, by its number, and returns the lookup of it.
func (c compared) fill(t *testing.T, d database, table string) lookupext.Database {
	t.Helper()
	d.exec(t, "CREATE TABLE "+table+" (n integer, id "+c.declared+")")
	for i, raw := range c.spelled {
		if len(raw) < 70 || d.driver == sqllookup.Postgres && !strings.HasPrefix(c.declared, "float") {
			d.exec(t, fmt.Sprintf("INSERT INTO %s VALUES (%d, %s)", table, i, d.literal(raw)))
		}
	}
	q := sqllookup.Query{SQL: "SELECT n, id FROM " + table + " WHERE id IN ($keys)", Key: []string{"id"}, Many: true}
	if c.keyType != "" {
		q.KeyType = []string{c.keyType}
	}
	return d.lookup(t, q)
}

// At most one of several equal keys is regular.
func TestEqualKeysAreNotBothRegular(t *testing.T) {
	t.Parallel()
	regular, opened := map[bool]int{}, openAll(t)
	for i, c := range comparisons {
		d := opened[c.driver]
		table := fmt.Sprintf("k%d", i)
		l := c.fill(t, d, table)
		for i, raw := range c.spelled {
			key := canonical(t, l, raw)
			one := l.Regular(key)
			regular[one]++
			if want := l.Spelling() == lookupext.OneSpelling; want && !one {
				t.Errorf("%s: %s is not regular", c.declared, raw)
			}
			if l.Spelling() == lookupext.ManySpellings && one {
				t.Errorf("%s: %s is regular", c.declared, raw)
			}
			for _, n := range d.rowsOf(t, "SELECT n FROM "+table+" WHERE id = "+d.literal(raw)) {
				if other := canonical(t, l, c.spelled[n]); n != i && one && other != key && l.Regular(other) {
					t.Errorf("%s: both %s and %s are regular", c.declared, raw, c.spelled[n])
				}
			}
		}
	}
	if regular[true] == 0 || regular[false] == 0 {
		t.Errorf("%v", regular)
	}
}
