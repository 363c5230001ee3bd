package sqllookup_test

import (
	"encoding/json"
	"testing"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

func TestMySQLValues(t *testing.T) {
	t.Parallel()
	d := newMySQL(t)
	for _, tc := range []struct{ declared, literal, want string }{
		{"int", "NULL", "null"},
		{"tinyint", "-128", "-128"},
		{"boolean", "true", "1"},
		{"smallint unsigned", "65535", "65535"},
		{"mediumint", "-8388608", "-8388608"},
		{"int(8) zerofill", "42", "42"},
		{"bigint", "-9223372036854775808", "-9223372036854775808"},
		{"bigint unsigned", "18446744073709551615", "18446744073709551615"},
		{"decimal(60,25)", "12345678901234567890.1234567890123456789012345", "12345678901234567890.1234567890123456789012345"},
		{"decimal(6,2)", "-0.5", "-0.50"},
		{"decimal(8,2) zerofill", "7.5", "7.50"},
		{"decimal(8,2) zerofill", "0", "0.00"},
		{"float", "0.1", "0.1"},
		{"float", "16777216", "1.6777216e+07"},
		{"double", "0.1", "0.1"},
		{"double", "1e300", "1e+300"},
		{"bit(1)", "b'1'", "1"},
		{"bit(64)", "0xFFFFFFFFFFFFFFFE", "18446744073709551614"},
		{"year", "2024", "2024"},
		{"date", "'2024-02-29'", `"2024-02-29"`},
		{"date", "'0000-00-00'", `"0000-00-00"`},
		{"time(3)", "'-838:59:58.5'", `"-838:59:58.500"`},
		{"time", "'23:30:00'", `"23:30:00"`},
		{"datetime", "'2024-02-29 23:30:00'", `"2024-02-29T23:30:00"`},
		{"datetime(6)", "'2024-02-29 23:30:00.000001'", `"2024-02-29T23:30:00.000001"`},
		{"datetime", "'0000-00-00 00:00:00'", `"0000-00-00 00:00:00"`},
		{"datetime", "'2024-00-00 00:00:00'", `"2024-00-00 00:00:00"`},
		{"timestamp null", "'2024-02-29 23:30:00'", `"2024-02-29T18:00:00Z"`}, // Written in +05:30.
		{"timestamp(3) null", "'2024-02-29 23:30:00.25'", `"2024-02-29T18:00:00.250Z"`},
		{"timestamp null", "0", `"0000-00-00 00:00:00"`},
		{"char(6)", "'ab'", `"ab"`},
		{"varchar(40)", `CONCAT('a"b', CHAR(92), 'c', CHAR(10), CHAR(1), 'ü😀')`, `"a\"b\\c\n\u0001ü😀"`},
		{"varchar(40) CHARACTER SET latin1", "'ü'", `"ü"`},
		{"varchar(4)", "''", `""`},
		{"text", "'{\"a\": 1}'", `"{\"a\": 1}"`},
		{"enum('sad', 'so, so')", "'so, so'", `"so, so"`},
		{"set('a', 'b', 'c')", "'a,c'", `"a,c"`},
		{"json", `'{ "b" : [1,  2.50, "x  y\\" z"], "n": 12345678901234567890.10 }'`, `{"b":[1,2.50,"x  y\" z"],"n":12345678901234567890.10}`},
		{"json", "'\"a  b\"'", `"a  b"`},
		{"blob", "x'00ff10'", `"AP8Q"`},
		{"varbinary(4)", "''", `""`},
		{"binary(3)", "x'00ff10'", `"AP8Q"`},
		{"point", "ST_GeomFromText('POINT(1 2)')", `"AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA=="`},
		{"uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{"inet6", "'::1'", `"::1"`},
	} {
		d.exec(t, "CREATE OR REPLACE TABLE v (id int, v "+tc.declared+")")
		d.exec(t, "SET STATEMENT sql_mode = '' FOR INSERT INTO v VALUES (1, "+tc.literal+")")
		r := load(t, d.lookup(t, sqllookup.Query{SQL: "SELECT id AS _key, v FROM v WHERE id IN ($keys)"}), "1").Result(0)
		if !json.Valid(r.Value) {
			t.Errorf("%s %s: not JSON: %q (%v)", tc.declared, tc.literal, r.Value, r.Err)
		}
		if want := `{"v":` + tc.want + `}`; string(r.Value) != want {
			t.Errorf("%s %s:\n got %s\nwant %s", tc.declared, tc.literal, r.Value, want)
		}
	}
}

func TestMySQLKeys(t *testing.T) {
	t.Parallel()
	d := newMySQL(t)
	for _, tc := range []struct {
		declared string
		stored   string // a literal
		asked    string // JSON
		keyType  string
		types    lookupkey.Type
		found    bool
	}{
		{"tinyint", "7", "7", "", lookupkey.Smallint, true},
		{"int unsigned", "4294967295", "4294967295", "", lookupkey.Bigint, true},
		{"bigint unsigned", "18446744073709551615", "18446744073709551615", "", lookupkey.Numeric, true},
		{"bigint unsigned", "18446744073709551615", "18446744073709551614", "", lookupkey.Numeric, false},
		{"decimal(60,20)", "1234567890123456789012.5", `"1234567890123456789012.50"`, "", lookupkey.Numeric, true},
		{"double", "12.5", `"12.5"`, "", lookupkey.Numeric, true},
		{"year", "2024", "2024", "", lookupkey.Smallint, true},
		{"varchar(20) COLLATE utf8mb4_general_ci", "'ABC'", `"abc"`, "", lookupkey.CaselessASCII, true},
		{"varchar(20) COLLATE utf8mb4_general_ci", "'Ü'", `"ü"`, "", lookupkey.CaselessASCII, true},
		{"varchar(20) COLLATE utf8mb4_general_ci", "'é'", `"e"`, "", lookupkey.CaselessASCII, true},
		{"varchar(20) COLLATE utf8mb4_bin", "'ABC'", `"abc"`, "", lookupkey.PaddedText, false},
		{"varchar(20) COLLATE utf8mb4_bin", "'abc  '", `"abc"`, "", lookupkey.PaddedText, true},
		{"varchar(20) COLLATE utf8mb4_nopad_bin", "'abc '", `"abc"`, "", lookupkey.Text, false},
		{"varchar(20) CHARACTER SET latin1 COLLATE latin1_general_cs", "'ü'", `"ü"`, "", lookupkey.PaddedText, true},
		{"varchar(20) COLLATE utf8mb4_bin", "'5'", "5", "", lookupkey.PaddedText, true},
		{"varchar(20) COLLATE utf8mb4_bin", "'abc'", `"abc"`, "text", lookupkey.Text, true},
		{"enum('sad', 'happy')", "'sad'", `"SAD"`, "", lookupkey.CaselessASCII, true},
		{"time", "'10:00:00'", `"10:00:00"`, "text", lookupkey.Text, true},
		{"char(36)", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", `"a0eebc999c0b4ef8bb6d6bb9bd380a11"`, "uuid", lookupkey.UUID, true},
		{"uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", `"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"`, "", lookupkey.CaselessASCII, true},
		{"boolean", "true", "true", "boolean", lookupkey.Boolean, true},
		{"int", "5", "5", "any", lookupkey.Any, true},
		{"varchar(20) COLLATE utf8mb4_bin", "'5'", `"5"`, "any", lookupkey.Any, true},
	} {
		d.exec(t, "CREATE OR REPLACE TABLE k (id "+tc.declared+", INDEX (id))")
		d.exec(t, "INSERT INTO k VALUES ("+tc.stored+")")
		q := sqllookup.Query{SQL: "SELECT id AS _key, 'here' AS v FROM k WHERE id IN ($keys)"}
		if tc.keyType != "" {
			q.KeyType = []string{tc.keyType}
		}
		l := d.lookup(t, q)
		if got := l.Types()[0]; got != tc.types {
			t.Errorf("%s: the key type is %v, want %v", tc.declared, got, tc.types)
		}
		key, err := l.Types().Canonical([]byte(tc.asked))
		if err != nil {
			t.Errorf("%s: %v", tc.declared, err)
			continue
		}
		// Three keys are filled up to four.
		r := load(t, l, "0", key, "1").Result(1)
		if found := r.State == stages.Loaded; found != tc.found {
			t.Errorf("%s: %s stored, %s asked: %v", tc.declared, tc.stored, tc.asked, r.State)
		}
	}
}

func TestMySQLCompositeKeys(t *testing.T) {
	t.Parallel()
	d := newMySQL(t)
	d.exec(t, "CREATE TABLE members (tenant varchar(20) COLLATE utf8mb4_bin, id bigint, doc json, PRIMARY KEY (tenant, id))")
	d.exec(t, `INSERT INTO members VALUES ('t1', 5, '[1]'), ('t1', 6, '{}'), ('t"2,]', 5, '3'), ('5', 5, NULL)`)
	l := d.lookup(t, sqllookup.Query{
		SQL: "SELECT doc, tenant, id FROM members WHERE (tenant, id) IN ($keys) OR (tenant, id + 0) IN\n($keys)", Key: []string{"tenant", "id"},
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
		`{"doc":[1],"tenant":"t1","id":5}`, `{"doc":{},"tenant":"t1","id":6}`,
		`{"doc":3,"tenant":"t\"2,]","id":5}`, `{"doc":null,"tenant":"5","id":5}`, "",
	} {
		if got := string(b.Result(i).Value); got != want {
			t.Errorf("key %s:\n got %s\nwant %s", keys[i], got, want)
		}
	}
}
