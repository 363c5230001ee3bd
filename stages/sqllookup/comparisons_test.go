package sqllookup_test

import (
	"strings"
	"testing"

	"github.com/loaderline/loaderline/stages/sqllookup"
)

// compared is a type whose = differs from text equality: rows that it stores, and ways to write them and others in an
// event.
type compared struct {
	driver   string
	declared string
	stored   []string // as SQL texts
	spelled  []string // as JSON
	keyType  string
}

var uuids = []string{
	`"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`, `"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"`, `"A0EEBC999C0B4EF8BB6D6BB9BD380A11"`,
	`"b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`,
}

// types are what some of the columns are made of.
const types = `
	CREATE EXTENSION citext;
	CREATE DOMAIN email AS citext;
	CREATE DOMAIN host AS inet;
	CREATE TYPE mood AS ENUM ('sad', 'SAD');
	CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)`

// databases are one of each driver.
type databases map[string]database

func openAll(tb testing.TB) databases {
	tb.Helper()
	all := databases{sqllookup.Postgres: newPostgres(tb), sqllookup.MySQL: newMySQL(tb), sqllookup.SQLite: newSQLite(tb)}
	all[sqllookup.Postgres].exec(tb, types)
	return all
}

var comparisons = []compared{
	{sqllookup.Postgres, "inet", []string{"2001:db8::1", "10.0.0.7", "10.0.0.0/8"}, []string{`"2001:DB8::1"`, `"2001:db8:0:0:0:0:0:1"`, `"2001:db8::1"`, `"10.0.0.7/32"`, `"10.0.0.7"`, `"10.0.0.0/8"`, `"10.0.0.8"`}, ""},
	{sqllookup.Postgres, "cidr", []string{"10.0.0.0/8", "2001:db8::/32"}, []string{`"10/8"`, `"10.0.0.0/8"`, `"2001:DB8::/32"`, `"11/8"`}, ""},
	{sqllookup.Postgres, "macaddr", []string{"08:00:2b:01:02:03"}, []string{`"08-00-2B-01-02-03"`, `"08002b010203"`, `"0800.2b01.0203"`, `"08:00:2b:01:02:04"`}, ""},
	{sqllookup.Postgres, "macaddr8", []string{"08:00:2b:01:02:03:04:05"}, []string{`"08-00-2B-01-02-03-04-05"`, `"08002b0102030405"`, `"08:00:2b:01:02:03"`}, ""},
	{sqllookup.Postgres, "time", []string{"10:00:00", "23:30:00.25"}, []string{`"10:00"`, `"10:00:00.000"`, `"10:00 AM"`, `"23:30:00.250"`, `"11:00"`}, ""},
	{sqllookup.Postgres, "timetz", []string{"10:00:00+02"}, []string{`"10:00+02"`, `"10:00:00+02:00"`, `"08:00+00"`}, ""},
	{sqllookup.Postgres, "timestamptz", []string{"2024-02-29 23:30:00+00"}, []string{`"2024-02-29T23:30:00Z"`, `"2024-03-01T00:30:00+01:00"`, `"2024-02-29 23:30:00+00"`, `"2024-02-29 23:30:00.000+0000"`, `"2024-02-29T23:31:00Z"`}, ""},
	{sqllookup.Postgres, "timestamp", []string{"2024-02-29 23:30:00"}, []string{`"2024-02-29T23:30:00"`, `"2024-02-29 23:30:00.000"`, `"2024-02-29 23:31:00"`}, ""},
	{sqllookup.Postgres, "interval", []string{"1 mon", "30 days", "1 day", "24:00:00"}, []string{`"1 mon"`, `"30 days"`, `"P1M"`, `"1 day"`, `"24:00:00"`, `"2 days"`}, ""},
	{sqllookup.Postgres, "citext", []string{"ADA", "ada", "É", "x "}, []string{`"ada"`, `"ADA"`, `"Ada"`, `"É"`, `"é"`, `"e"`, `"x"`, `"X "`}, ""},
	{sqllookup.Postgres, "email", []string{"ADA"}, []string{`"ada"`, `"ADA"`, `"bob"`}, ""},
	{sqllookup.Postgres, "text COLLATE loose", []string{"ADA", "ada", "É", "e", "x y"}, []string{`"ada"`, `"ADA"`, `"É"`, `"é"`, `"E"`, `"e"`, `"x-y"`, `"z"`}, ""},
	{sqllookup.Postgres, "varchar(9) COLLATE loose", []string{"ADA", "Ü"}, []string{`"ada"`, `"u"`, `"ü"`, `"o"`}, ""},
	{sqllookup.Postgres, "char(9) COLLATE loose", []string{"ADA", "É"}, []string{`"ada  "`, `"e"`, `"É "`, `"o"`}, "char"},
	{sqllookup.Postgres, "char(6)", []string{"ab", "AB"}, []string{`"ab"`, `"ab    "`, `"AB "`, `" ab"`}, ""},
	{sqllookup.Postgres, `text COLLATE "en-x-icu"`, []string{"ab", "AB"}, []string{`"ab"`, `"AB"`, `"Ab"`}, ""},
	{sqllookup.Postgres, "name", []string{strings.Repeat("n", 63), "short"}, []string{`"` + strings.Repeat("n", 70) + `"`, `"short"`, `"Short"`}, ""},
	{sqllookup.Postgres, "float4", []string{"0.1", "16777216", "1e30"}, []string{`"0.1"`, `"0.10"`, `"0.100000001"`, `"16777217"`, `"0.2"`, "1000000000000000000000000000000"}, ""},
	{sqllookup.Postgres, "float8", []string{"0.1", "1e300", "0"}, []string{`"0.1"`, `"0.1000000000000000055"`, "-0", `"0.2"`, "1" + strings.Repeat("0", 300)}, ""},
	{sqllookup.Postgres, "bit(4)", []string{"0101"}, []string{`"0101"`, `"b0101"`, `"x5"`, `"0111"`}, ""},
	{sqllookup.Postgres, "varbit", []string{"0101", "01"}, []string{`"0101"`, `"x5"`, `"01"`, `"b01"`, `"1"`}, ""},
	{sqllookup.Postgres, "uuid", []string{"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}, append([]string{`"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"`}, uuids...), ""},
	{sqllookup.Postgres, "mood", []string{"sad"}, []string{`"sad"`, `"SAD"`}, ""},
	{sqllookup.Postgres, "host", []string{"10.0.0.7"}, []string{`"10.0.0.7/32"`, `"10.0.0.7"`, `"10.0.0.8"`}, ""},
	{sqllookup.Postgres, "money", []string{"12.50"}, []string{`"12.5"`, `"$12.50"`, `"13"`}, ""},
	{sqllookup.Postgres, "int4range", []string{"[1,5)"}, []string{`"[1,5)"`, `"[1,4]"`, `"[2,4]"`}, ""},
	{sqllookup.Postgres, "oid", []string{"4294967295", "7"}, []string{"4294967295", `"-1"`, "7"}, ""},

	{sqllookup.MySQL, "varchar(20) COLLATE utf8mb4_general_ci", []string{"ADA", "ada", "É", "x ", "ß"}, []string{`"ada"`, `"ADA"`, `"Ada "`, `"é"`, `"e"`, `"E "`, `"x"`, `"s"`, `"ss"`, `"bob"`}, ""},
	{sqllookup.MySQL, "varchar(20) COLLATE utf8mb4_unicode_ci", []string{"ADA", "É", "x ", "ß"}, []string{`"ada"`, `"Ada "`, `"é"`, `"e"`, `"x"`, `"ss"`, `"bob"`}, ""},
	{sqllookup.MySQL, "varchar(20) COLLATE utf8mb4_unicode_nopad_ci", []string{"ADA", "x "}, []string{`"ada"`, `"ada "`, `"x"`, `"X "`}, ""},
	{sqllookup.MySQL, "varchar(20) COLLATE uca1400_as_cs", []string{"ADA", "é", "x "}, []string{`"ada"`, `"ADA"`, `"é"`, `"e\u0301"`, `"x"`, `"e"`}, ""},
	{sqllookup.MySQL, "varchar(20) COLLATE utf8mb4_turkish_ci", []string{"I", "ADI"}, []string{`"i"`, `"ı"`, `"I"`, `"İ"`, `"adi"`, `"adı"`}, ""},
	{sqllookup.MySQL, "varchar(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci", []string{"Ü", "abc"}, []string{`"ü"`, `"y"`, `"ABC "`, `"u"`}, ""},
	{sqllookup.MySQL, "varchar(20) CHARACTER SET latin1 COLLATE latin1_german2_ci", []string{"Ü", "abc"}, []string{`"ü"`, `"ue"`, `"ABC "`, `"u"`}, ""},
	{sqllookup.MySQL, "varchar(20) COLLATE utf8mb4_bin", []string{"abc", "É", "x "}, []string{`"abc"`, `"ABC"`, `"abc  "`, `"é"`, `"x"`}, ""},
	{sqllookup.MySQL, "varchar(20) COLLATE utf8mb4_general_ci", []string{"ADA", "ada"}, []string{`"ada"`, `"ADA"`, `"Ada "`}, "text"},
	{sqllookup.MySQL, "char(20) COLLATE utf8mb4_general_ci", []string{"ADA"}, []string{`"ada"`, `"ADA"`, `"Ada "`, `"bob"`}, "text"},
	{sqllookup.MySQL, "time", []string{"10:00:00", "-01:00:00"}, []string{`"10:00"`, `"10:00:00.0"`, `"100000"`, "100000", `"-1:00:00"`, `"11:00"`}, ""},
	{sqllookup.MySQL, "double", []string{"0.1", "1e300", "0", "1e-30"}, []string{`"0.1"`, `"0.10"`, `"0.1000000000000000055"`, "0", `"0.2"`, `"0.` + strings.Repeat("0", 29) + `1"`}, ""},
	{sqllookup.MySQL, "decimal(20,5)", []string{"0.5", "7"}, []string{`"0.50"`, `"7"`, "7", `"0.51"`}, ""},
	{sqllookup.MySQL, "year", []string{"2024", "1999"}, []string{"2024", "24", "99", "1999", "25"}, ""},
	{sqllookup.MySQL, "uuid", []string{"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}, uuids, ""},
	{sqllookup.MySQL, "inet6", []string{"2001:db8::1", "::ffff:10.0.0.7"}, []string{`"2001:DB8::1"`, `"2001:db8:0:0:0:0:0:1"`, `"::FFFF:10.0.0.7"`, `"2001:db8::2"`}, ""},
	{sqllookup.MySQL, "enum('sad', 'happy')", []string{"sad"}, []string{`"sad"`, `"SAD"`, `"happy"`}, ""},
	{sqllookup.MySQL, "set('a', 'b')", []string{"a,b"}, []string{`"a,b"`, `"A,b"`, `"a"`}, ""},
	{sqllookup.MySQL, "bit(8)", []string{"\x05"}, []string{"5", `"5"`, "6"}, "bigint"},

	{sqllookup.SQLite, "TEXT COLLATE NOCASE", []string{"ADA", "ada", "É", "x "}, []string{`"ada"`, `"ADA"`, `"Ada"`, `"é"`, `"É"`, `"x"`, `"X "`}, ""},
	{sqllookup.SQLite, "TEXT COLLATE RTRIM", []string{"ab", "x "}, []string{`"ab"`, `"ab  "`, `"AB"`, `"x"`}, ""},
	{sqllookup.SQLite, "TEXT", []string{"ab", "AB", "5"}, []string{`"ab"`, `"AB"`, `"ab "`, "5", `"5"`, `"5.0"`}, ""},
	{sqllookup.SQLite, "DATE", []string{"2024", "2024-02-29"}, []string{`"2024"`, `"2024.0"`, `"02024"`, `"2024-02-29"`, `"2024-2-29"`}, ""},
	{sqllookup.SQLite, "REAL", []string{"0.1", "5"}, []string{`"0.1"`, `"0.10"`, `"0.1000000000000000055"`, "5", `"0.2"`}, ""},
	{sqllookup.SQLite, "NUMERIC", []string{"0.5", "9007199254740993", "5"}, []string{`"0.50"`, "9007199254740993", "9007199254740992", `"5.0"`}, ""},
	{sqllookup.SQLite, "INTEGER", []string{"5"}, []string{"5", `"05"`, "6"}, ""},
}
