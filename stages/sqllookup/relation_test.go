package sqllookup_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
	"github.com/loaderline/loaderline/testenv"
)

// newPrices has two tenants' products, with a price for each time, and what else the tests compare keys with.
func newPrices(tb testing.TB) database {
	tb.Helper()
	d := newPostgres(tb)
	d.exec(tb, `CREATE TABLE products (tenant text, id bigint, name text, small integer, uid uuid, PRIMARY KEY (tenant, id))`)
	d.exec(tb, `INSERT INTO products VALUES ('t1', 1, 'Lamp', 1, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), ('t1', 2, 'Desk', 2, NULL), ('t2', 1, 'Chair', 1, NULL)`)
	d.exec(tb, `CREATE TABLE prices (tenant text, product bigint, valid_from date, valid_to date, price numeric(12,2))`)
	d.exec(tb, `INSERT INTO prices VALUES ('t1', 1, '2026-01-01', '2026-02-01', 9.50), ('t1', 1, '2026-02-01', NULL, 10), ('t2', 1, '2026-01-01', NULL, 99)`)
	return d
}

func TestKeysAsARelation(t *testing.T) {
	t.Parallel()
	direct := newPrices(t)
	databases := map[string]database{"direct": direct}
	for _, mode := range []testenv.PoolMode{testenv.PoolTransaction, testenv.PoolStatement} {
		databases[string(mode)] = postgresAt(pooled(t, direct.dsn, mode))
	}
	pair := []string{"tenant", "id"}
	for _, tc := range []struct {
		name, sql string
		key       []string
		types     []lookupkey.Type
		keyType   []string
		many      bool
		want      map[lookup.Key]string
	}{
		{
			name: "a join", key: pair, types: []lookupkey.Type{lookupkey.Text, lookupkey.Bigint},
			sql:  "SELECT p.tenant, p.id, p.name FROM unnest($keys) AS k(a, b) JOIN products p ON p.tenant = k.a AND p.id = k.b",
			want: map[lookup.Key]string{`["t1",2]`: `{"tenant":"t1","id":2,"name":"Desk"}`, `["t2",2]`: "missing", `["t2",1]`: `{"tenant":"t2","id":1,"name":"Chair"}`},
		}, {
			name: "a range", key: []string{"tenant", "product", "day"}, types: []lookupkey.Type{lookupkey.Text, lookupkey.Bigint, lookupkey.Date},
			sql: `SELECT k.tenant, k.product, k.day, p.price FROM unnest($keys) AS k(tenant, product, day)
				JOIN prices p ON p.tenant = k.tenant AND p.product = k.product AND p.valid_from <= k.day AND (k.day < p.valid_to OR p.valid_to IS NULL)`,
			want: map[lookup.Key]string{
				`["t1",1,"2026-01-31"]`: `{"tenant":"t1","product":1,"day":"2026-01-31","price":9.50}`,
				`["t1",1,"2026-02-01"]`: `{"tenant":"t1","product":1,"day":"2026-02-01","price":10.00}`,
				`["t1",1,"2025-12-31"]`: "missing",
				`["t2",1,"2030-01-01"]`: `{"tenant":"t2","product":1,"day":"2030-01-01","price":99.00}`,
			},
		}, {
			name: "the conditions in WHERE", key: pair, types: []lookupkey.Type{lookupkey.Text, lookupkey.Bigint},
			sql:  `SELECT k."Tenant" AS tenant, K.ID AS id, p.name FROM products p, UNNEST ( $keys ) as K("Tenant", id) WHERE p.tenant = k."Tenant" AND k.id = p.id`,
			want: map[lookup.Key]string{`["t1",1]`: `{"tenant":"t1","id":1,"name":"Lamp"}`, `["t3",1]`: "missing"},
		}, {
			name: "the latest row of each", key: []string{"tenant", "product"}, types: []lookupkey.Type{lookupkey.Text, lookupkey.Bigint},
			sql: `SELECT DISTINCT ON (k.a, k.b) k.a AS tenant, k.b AS product, p.price FROM unnest($keys) AS k(a, b)
				JOIN prices p ON p.tenant = k.a AND p.product = k.b ORDER BY k.a, k.b, p.valid_from DESC`,
			want: map[lookup.Key]string{`["t1",1]`: `{"tenant":"t1","product":1,"price":10.00}`, `["t1",2]`: "missing"},
		}, {
			name: "lateral", key: []string{"tenant", "product"}, types: []lookupkey.Type{lookupkey.Text, lookupkey.Bigint}, many: true,
			sql: `SELECT k.a AS tenant, k.b AS product, p.price FROM unnest($keys) AS k(a, b)
				CROSS JOIN LATERAL (SELECT price FROM prices WHERE tenant = k.a AND product = k.b ORDER BY valid_from DESC LIMIT 2) p`,
			want: map[lookup.Key]string{`["t1",1]`: `[{"tenant":"t1","product":1,"price":10.00},{"tenant":"t1","product":1,"price":9.50}]`, `["t1",2]`: "missing"},
		}, {
			name: "with an ordinality", key: pair, types: []lookupkey.Type{lookupkey.Text, lookupkey.Bigint}, many: true,
			sql:  `SELECT p.tenant, p.id FROM unnest($keys) WITH ORDINALITY AS k(a, b, n) JOIN products p ON p.tenant = k.a AND p.id = k.b ORDER BY k.n`,
			want: map[lookup.Key]string{`["t1",2]`: `[{"tenant":"t1","id":2}]`},
		}, {
			name: "beside IN", key: pair, types: []lookupkey.Type{lookupkey.Text, lookupkey.Bigint},
			sql:  `SELECT tenant, id, (SELECT count(*) FROM unnest($keys) AS k(a, b) WHERE k.a = p.tenant) AS n FROM products p WHERE (tenant, id) IN ($keys)`,
			want: map[lookup.Key]string{`["t1",2]`: `{"tenant":"t1","id":2,"n":1}`},
		}, {
			name: "one column", key: []string{"id"}, types: []lookupkey.Type{lookupkey.UUID},
			sql:  "SELECT p.uid AS id, p.name FROM unnest($keys) AS k(uid) JOIN products p ON p.uid = k.uid",
			want: map[lookup.Key]string{`"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`: `{"id":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","name":"Lamp"}`},
		}, {
			name: "beside ANY", key: []string{"id"}, types: []lookupkey.Type{lookupkey.Bigint}, many: true,
			sql:  "SELECT id, name FROM products WHERE id = ANY($keys) AND id IN (SELECT k.id FROM unnest($keys) AS k(id)) ORDER BY name",
			want: map[lookup.Key]string{"2": `[{"id":2,"name":"Desk"}]`},
		}, {
			name: "types that key_type says", key: pair, types: []lookupkey.Type{lookupkey.Text, lookupkey.Bigint}, keyType: []string{"text", "bigint"},
			sql:  "SELECT tenant, id, name FROM unnest($keys) AS k(tenant, id) JOIN products USING (tenant, id)",
			want: map[lookup.Key]string{`["t1",2]`: `{"tenant":"t1","id":2,"name":"Desk"}`},
		}, {
			name: "two relations", key: pair, types: []lookupkey.Type{lookupkey.Text, lookupkey.Bigint},
			sql: `SELECT tenant, id FROM products WHERE EXISTS (SELECT FROM unnest($keys) AS k(a, b) WHERE k.a = tenant AND k.b = id)
				AND EXISTS (SELECT FROM unnest($keys) AS other(x, y) WHERE other.x = tenant)`,
			want: map[lookup.Key]string{`["t1",2]`: `{"tenant":"t1","id":2}`, `["t4",2]`: "missing"},
		},
	} {
		for name, d := range databases {
			t.Run(tc.name+" "+name, func(t *testing.T) {
				l := d.lookup(t, sqllookup.Query{SQL: tc.sql, Key: tc.key, KeyType: tc.keyType, Many: tc.many})
				if !slices.Equal(l.Types(), tc.types) {
					t.Errorf("the types are %v, want %v", l.Types(), tc.types)
				}
				var keys []lookup.Key
				for key := range tc.want {
					keys = append(keys, key)
				}
				b := load(t, l, keys...)
				for i, key := range b.Keys {
					got := string(b.Result(i).Value)
					if b.Result(i).State != stages.Loaded {
						got = b.Result(i).State.String()
					}
					if got != tc.want[key] {
						t.Errorf("%s: %s (%v), want %s", key, got, b.Result(i).Err, tc.want[key])
					}
				}
				if b.Extra() != 0 {
					t.Errorf("%d rows belong to no key", b.Extra())
				}
			})
		}
	}
}

func TestRelationsThatAreRefused(t *testing.T) {
	t.Parallel()
	d := newPrices(t)
	db := d.open(t, sqllookup.Config{Pool: 1})
	pair := []string{"tenant", "id"}
	for _, tc := range []struct {
		name, sql string
		key       []string
		says      string
	}{
		{"without names", "SELECT tenant, id FROM products WHERE (tenant, id) IN (SELECT * FROM unnest($keys))", pair, "name each column of $keys by its alias"},
		{"unqualified", "SELECT tenant, id FROM products JOIN unnest($keys) AS k(a, b) ON tenant = a AND id = b", pair, "name each column of $keys by its alias"},
		{"one part unused", "SELECT tenant, id FROM products JOIN unnest($keys) AS k(a, b) ON tenant = k.a", pair, "name each column of $keys by its alias"},
		{"too few names", "SELECT tenant, id FROM products JOIN unnest($keys) AS k(a) ON tenant = k.a", pair, "unnest($keys) is named with 1 column, and the key has 2 parts"},
		{"too many names", "SELECT tenant, id FROM products JOIN unnest($keys) AS k(a, b, c) ON tenant = k.a AND id = k.b", pair, "unnest($keys) is named with 3 columns"},
		{"a cast", "SELECT tenant, id FROM products JOIN unnest($keys::text[]) AS k(a, b) ON tenant = k.a AND id = k.b", pair, "FROM unnest($keys) AS k(a, b)"},
		{"several types", "SELECT tenant, id FROM products JOIN unnest($keys) AS k(a, b) ON tenant = k.a AND id = k.b AND uid = k.b", pair, "part 2 of the key is compared with columns of several types"},
		{"USING", "SELECT tenant, id FROM unnest($keys) AS k(tenant, id) JOIN products p USING (tenant, id) WHERE k.tenant = '' AND k.id = 1", pair, "say the types of the key by key_type"},
		{"no such column", "SELECT p.tenant, p.id FROM products p JOIN unnest($keys) AS k(a, b) ON p.tenant = k.a AND p.idd = k.b", pair, `line 1, column 91 of the query: column p.idd does not exist (SQLSTATE 42703)`},
		{"no such alias", "SELECT p.tenant, p.id FROM products p JOIN unnest($keys) AS k(a, b) ON p.tenant = k.a AND p.id = k.b AND k.c = 1", pair, "column k.c does not exist"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := db.Lookup(t.Context(), sqllookup.Query{Name: "price", SQL: tc.sql, Key: tc.key})
			if err == nil || stages.ClassOf(err) != stages.Fatal || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("class %d: %v\nwant a fatal error that says %q", stages.ClassOf(err), err, tc.says)
			}
		})
	}
}

// A column that becomes another type is learned again, as it is with IN ($keys).
func TestARelationLearnsTypesAgain(t *testing.T) {
	t.Parallel()
	d := newPrices(t)
	l := d.lookup(t, sqllookup.Query{
		SQL: "SELECT p.tenant, p.id FROM unnest($keys) AS k(a, b) JOIN products p ON p.tenant = k.a AND p.id = k.b", Key: []string{"tenant", "id"},
	})
	if got := string(load(t, l, `["t1",2]`).Result(0).Value); got != `{"tenant":"t1","id":2}` {
		t.Fatal(got)
	}
	d.exec(t, "ALTER TABLE products ALTER id TYPE text USING 'p' || id")
	key, err := lookupkey.Unchecked([]byte(`"t1"`), []byte(`"p2"`))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(load(t, l, key).Result(0).Value); got != `{"tenant":"t1","id":"p2"}` {
		t.Errorf("%s", got)
	}
	if want := []lookupkey.Type{lookupkey.Text, lookupkey.Text}; !slices.Equal(l.Types(), want) {
		t.Errorf("the types are %v, want %v", l.Types(), want)
	}
}
