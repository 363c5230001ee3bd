package sqllookup_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

var kindNames = map[lookupext.ColumnKind]string{
	lookupext.UnknownKind: "unknown", lookupext.Boolean: "boolean", lookupext.Integer: "integer", lookupext.Bigint: "bigint",
	lookupext.Numeric: "numeric", lookupext.Real: "real", lookupext.Double: "double", lookupext.Text: "text", lookupext.UUID: "uuid",
	lookupext.Bytes: "bytes", lookupext.Date: "date", lookupext.Time: "time", lookupext.Timestamp: "timestamp",
	lookupext.Timestamptz: "timestamptz", lookupext.JSON: "json", lookupext.Array: "array",
}

func shownType(t lookupext.ColumnType) string {
	switch {
	case t.Kind == lookupext.Array:
		return "array of " + shownType(*t.Item)
	case t.Precision > 0:
		return fmt.Sprintf("%s(%d,%d)", kindNames[t.Kind], t.Precision, t.Scale)
	default:
		return kindNames[t.Kind]
	}
}

func shownColumns(l lookupext.Database) string {
	var lines []string
	for _, c := range l.ColumnTypes() {
		lines = append(lines, c.Name+" "+shownType(c.Type))
	}
	return strings.Join(lines, "\n")
}

func TestPostgresColumnTypes(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	d.exec(t, "CREATE TYPE mood AS ENUM ('sad', 'happy')")
	d.exec(t, "CREATE DOMAIN price AS numeric(9,3)")
	d.exec(t, `CREATE TABLE v (id bigint NOT NULL, a smallint, b integer, c numeric(12,2), d numeric, e numeric(2,-3), f numeric(3,5), g price, h numeric(7,2)[],
		i text, j varchar(3), k char(4), l mood, m uuid, n bytea, o json, p jsonb, q boolean, r real, s float8,
		t date, u time, v timetz, w timestamp(3), x timestamptz, y interval, z mood[])`)
	want := `a integer
b integer
c numeric(12,2)
d numeric
e numeric(5,0)
f numeric(5,5)
g numeric(9,3)
h array of numeric(7,2)
i text
j text
k text
l text
m uuid
n bytes
o json
p json
q boolean
r real
s double
t date
u time
v text
w timestamp
x timestamptz
y text
z array of text`
	l := d.lookup(t, sqllookup.Query{SQL: "SELECT id AS _key, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z FROM v WHERE id = ANY($keys)"})
	if diff := cmp.Diff(want, shownColumns(l)); diff != "" {
		t.Error(diff)
	}
}

func TestMySQLColumnTypes(t *testing.T) {
	t.Parallel()
	d := newMySQL(t)
	d.exec(t, `CREATE TABLE v (id int, a tinyint, b int, c int unsigned, d bigint, e bigint unsigned, f decimal(12,2), g decimal(7,0) unsigned, h float, i double,
		j bit(9), k year, l date, m time, n datetime, o timestamp, p varchar(3), q text, r enum('x'), s json, t blob, u point, v varbinary(4))`)
	want := `a integer
b integer
c bigint
d bigint
e numeric(20,0)
f numeric(12,2)
g numeric(6,0)
h real
i double
j numeric(20,0)
k integer
l date
m text
n timestamp
o timestamptz
p text
q text
r text
s json
t bytes
u bytes
v bytes`
	l := d.lookup(t, sqllookup.Query{SQL: "SELECT id AS _key, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v FROM v WHERE id IN ($keys)"})
	if diff := cmp.Diff(want, shownColumns(l)); diff != "" {
		t.Error(diff)
	}
}

func TestSQLiteColumnTypes(t *testing.T) {
	t.Parallel()
	d := newSQLite(t)
	d.exec(t, `CREATE TABLE v (id INTEGER, a BIGINT, b VARCHAR(20), c BOOLEAN, d DECIMAL(12,2), e NUMERIC, f "DECIMAL (5)", g DECIMAL(2,5), h REAL, i JSON,
		j BLOB, k DATE, l TIMESTAMP, m, n UUID)`)
	want := `id bigint
a bigint
b text
c boolean
d numeric(12,2)
e numeric
f numeric(5,0)
g numeric
h double
i json
j bytes
k unknown
l unknown
m unknown
n uuid
twice unknown`
	l := d.lookup(t, sqllookup.Query{SQL: "SELECT *, a * 2 AS twice FROM v WHERE id IN ($keys)", Key: []string{"id"}})
	if diff := cmp.Diff(want, shownColumns(l)); diff != "" {
		t.Error(diff)
	}
}
