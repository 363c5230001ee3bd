package sqllookup_test

import (
	"encoding/json"
	"testing"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

func TestPostgresValues(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	d.exec(t, "CREATE TYPE mood AS ENUM ('sad', 'so, so', 'ha\"ppy')")
	d.exec(t, "CREATE DOMAIN positive AS bigint CHECK (value > 0)")
	d.exec(t, "CREATE DOMAIN tags AS text[]")
	db := d.open(t, sqllookup.Config{})
	for _, tc := range []struct{ expression, want string }{
		{"NULL::int", "null"},
		{"9223372036854775807::bigint", "9223372036854775807"},
		{"-1::smallint", "-1"},
		{"12345678901234567890.123456789012345678900::numeric", "12345678901234567890.123456789012345678900"},
		{"'NaN'::numeric", `"NaN"`},
		{"0.1::float8", "0.1"},
		{"1e300::float8", "1e+300"},
		{"0.1::float4", "0.1"},
		{"'-Infinity'::float8", `"-Infinity"`},
		{"true", "true"},
		{"false", "false"},
		{`'a"b\c' || chr(10) || chr(1) || 'ü'`, `"a\"b\\c\n\u0001ü"`},
		{"''::text", `""`},
		{"'ab'::char(4)", `"ab  "`},
		{"'2024-02-29 23:30:00.123456+02'::timestamptz", `"2024-02-29T21:30:00.123456Z"`},
		{"'2024-02-29 23:30:00Z'::timestamptz", `"2024-02-29T23:30:00Z"`},
		{"'infinity'::timestamptz", `"infinity"`},
		{"'0044-03-15 12:00:00+00 BC'::timestamptz", `"0044-03-15 12:00:00+00 BC"`},
		{"'2024-02-29 23:30:00.5'::timestamp", `"2024-02-29T23:30:00.5"`},
		{"'2024-02-29'::date", `"2024-02-29"`},
		{"'23:30:00.25'::time", `"23:30:00.25"`},
		{"'1 day 02:03:04'::interval", `"1 day 02:03:04"`},
		{`'{ "b" : [1,  2.50, "x y\" z"] }'::json`, `{"b":[1,2.50,"x y\" z"]}`},
		{`'{"b": 1e400, "a": null}'::jsonb`, ""},
		{`'"a  b"'::jsonb`, `"a  b"`},
		{`'\x00ff10'::bytea`, `"AP8Q"`},
		{"'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{"'{}'::int[]", "[]"},
		{"'{1,NULL,3}'::int[]", "[1,null,3]"},
		{"'[0:1]={1,2}'::int[]", "[1,2]"},
		{"'{{1,2},{3,4}}'::bigint[]", "[[1,2],[3,4]]"},
		{`ARRAY['a,b', 'c"d', 'e\f', '', 'NULL', NULL, '{', ' ', 'ü']`, `["a,b","c\"d","e\\f","","NULL",null,"{"," ","ü"]`},
		{"ARRAY[true,false]", "[true,false]"},
		{"ARRAY['2024-02-29 23:30:00Z'::timestamptz]", `["2024-02-29T23:30:00Z"]`},
		{`ARRAY['{"a": [1, "x"]}'::jsonb]`, `[{"a":[1,"x"]}]`},
		{`ARRAY['\xff'::bytea]`, `["/w=="]`},
		{"ARRAY['NaN'::float8, 1.5]", `["NaN",1.5]`},
		{"'so, so'::mood", `"so, so"`},
		{`ARRAY['so, so', 'ha"ppy']::mood[]`, `["so, so","ha\"ppy"]`},
		{"5::positive", "5"},
		{"ARRAY[5,6]::positive[]", "[5,6]"},
		{"'{a,b}'::tags", `["a","b"]`},
		{"'10.0.0.1/8'::inet", `"10.0.0.1/8"`},
		{"'[1,5)'::int4range", `"[1,5)"`},
		{"ROW(1, 'a b')", `"(1,\"a b\")"`},
		{"'1 2'::int2vector", `"1 2"`},
		{"'(1,2),(0,0)'::box", `"(1,2),(0,0)"`},
		{"ARRAY['(1,2),(0,0)'::box, '(1,2),(0,0)']", `"{(1,2),(0,0);(1,2),(0,0)}"`},
	} {
		l, err := db.Lookup(t.Context(), sqllookup.Query{
			SQL: "SELECT k AS _key, (" + tc.expression + ") AS v FROM unnest($keys::bigint[]) k",
		})
		if err != nil {
			t.Errorf("%s: %v", tc.expression, err)
			continue
		}
		r := load(t, l, "1").Result(0)
		if !json.Valid(r.Value) {
			t.Errorf("%s: not JSON: %q (%v)", tc.expression, r.Value, r.Err)
		}
		if want := `{"v":` + tc.want + `}`; tc.want != "" && string(r.Value) != want {
			t.Errorf("%s:\n got %s\nwant %s", tc.expression, r.Value, want)
		}
	}
}

func TestSQLiteValues(t *testing.T) {
	t.Parallel()
	d := newSQLite(t)
	d.exec(t, "CREATE TABLE v (id INTEGER, x, b BOOLEAN, j JSON, d DATE, ts TIMESTAMP, r REAL, n NUMERIC)")
	l := d.lookup(t, sqllookup.Query{SQL: "SELECT * FROM v WHERE id IN ($keys);", Key: []string{"id"}})
	d.exec(t, `INSERT INTO v VALUES
		(1, 9223372036854775807, 1, '{ "a" : 1.50 }', '2024-02-29', '2024-02-29 23:30:00', 5, 12.5),
		(2, x'00ff10', 0, 'not json', 1709164800, '2024-02-29T23:30:00.123456789+02:00', 1e300, 'abc'),
		(3, 'a"b'||char(10), 7, NULL, 'soon', NULL, 9e999, NULL),
		(4, CAST(x'ff' AS TEXT), NULL, NULL, NULL, NULL, NULL, NULL)`)
	b := load(t, l, "1", "2", "3", "4", "5")
	for i, want := range []string{
		`{"id":1,"x":9223372036854775807,"b":true,"j":{"a":1.50},"d":"2024-02-29","ts":"2024-02-29 23:30:00","r":5,"n":12.5}`,
		`{"id":2,"x":"AP8Q","b":false,"j":"not json","d":1709164800,"ts":"2024-02-29T23:30:00.123456789+02:00","r":1e+300,"n":"abc"}`,
		`{"id":3,"x":"a\"b\n","b":7,"j":null,"d":"soon","ts":null,"r":"Infinity","n":null}`,
	} {
		if got := string(b.Result(i).Value); got != want {
			t.Errorf("row %d:\n got %s\nwant %s", i+1, got, want)
		}
	}
	if r := b.Result(3); r.State != stages.Failed || stages.ClassOf(r.Err) != stages.Permanent {
		t.Errorf("text that is not UTF-8: %v (%v), want a permanent failure", r.State, r.Err)
	}
	if r := b.Result(4); r.State != stages.Missing {
		t.Errorf("no row: %v, want missing", r.State)
	}
}

func TestCompositeKeys(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]database{"postgres": newPostgres(t), "sqlite": newSQLite(t)} {
		t.Run(name, func(t *testing.T) {
			d.exec(t, "CREATE TABLE members (tenant varchar(20), id bigint, name text, PRIMARY KEY (tenant, id))")
			d.exec(t, `INSERT INTO members VALUES ('t1', 5, 'a'), ('t1', 6, 'b'), ('t"2,]', 5, 'c'), ('5', 5, 'd')`)
			l := d.lookup(t, sqllookup.Query{
				SQL: "SELECT name, tenant, id FROM members WHERE (tenant, id) IN ($keys)", Key: []string{"tenant", "id"},
			})
			var keys []lookup.Key
			for _, parts := range [][]string{{`"t1"`, "5"}, {`"t1"`, `"006"`}, {`"t\"2,]"`, "5"}, {"5", "5"}, {`"t1"`, "7"}} {
				key, err := l.Types().Canonical([]byte(parts[0]), []byte(parts[1]))
				if err != nil {
					t.Fatal(err)
				}
				keys = append(keys, key)
			}
			b := load(t, l, keys...)
			for i, want := range []string{
				`{"name":"a","tenant":"t1","id":5}`, `{"name":"b","tenant":"t1","id":6}`,
				`{"name":"c","tenant":"t\"2,]","id":5}`, `{"name":"d","tenant":"5","id":5}`, "",
			} {
				if got := string(b.Result(i).Value); got != want {
					t.Errorf("key %s:\n got %s\nwant %s", keys[i], got, want)
				}
			}
		})
	}
}
