package sqllookup_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
	"github.com/loaderline/loaderline/testenv"
)

// as is the database through another login.
func (d database) as(user, password string) database {
	_, address, _ := strings.Cut(d.dsn, "@")
	d.dsn = user + ":" + password + "@" + address
	return d
}

func TestMySQLPrepareRefuses(t *testing.T) {
	t.Parallel()
	d := newMySQL(t)
	d.exec(t, "CREATE TABLE users (id bigint, name varchar(20) COLLATE utf8mb4_bin, data blob, doc json)")
	d.exec(t, "CREATE TABLE secrets (id bigint)")
	d.exec(t, "CREATE SEQUENCE s")
	user := "u" + strings.ToLower(rand.Text())
	d.exec(t, "CREATE USER "+user+" IDENTIFIED BY 'canary'")
	d.exec(t, "GRANT SELECT ON users TO "+user)
	t.Cleanup(func() { d.exec(t, "DROP USER "+user) })
	reader := d.as(user, "canary")

	id := []string{"id"}
	for _, tc := range []struct {
		name string
		db   database
		q    sqllookup.Query
		code string
		says string
	}{
		{"table", d, sqllookup.Query{SQL: "SELECT *\nFROM userz WHERE id IN ($keys)", Key: id}, "1146", `userz' doesn't exist`},
		{"column", reader, sqllookup.Query{SQL: "SELECT id FROM users WHERE id IN ($keys) AND nam = ''", Key: id}, "1054", "Unknown column 'nam'"},
		{"syntax", reader, sqllookup.Query{SQL: "SELEC id FROM users WHERE id IN ($keys)", Key: id}, "1064", `line 1, column 1 of the query: syntax error near "SELEC"`},
		{"syntax after keys", reader, sqllookup.Query{SQL: "SELECT id FROM users\nWHERE 'ü' <> '' AND id IN (\n$keys) ORDERED BY id", Key: id}, "1064", `line 3, column 8 of the query: syntax error near "ORDERED"`},
		{"syntax at the end", reader, sqllookup.Query{SQL: "SELECT id FROM users WHERE id IN ($keys) AND", Key: id}, "1064", "syntax error at the end"},
		{"right", reader, sqllookup.Query{SQL: "SELECT id FROM secrets WHERE id IN ($keys)", Key: id}, "1142", "SELECT command denied for table "},
		{"login", d.as(user, "wrong"), sqllookup.Query{SQL: "SELECT id FROM users WHERE id IN ($keys)", Key: id}, "1045", "refuses the login"},
		{"key of bytes", reader, sqllookup.Query{SQL: "SELECT data AS _key FROM users WHERE data IN ($keys)"}, "", "say key_type, or cast it"},
		{"any", reader, sqllookup.Query{SQL: "SELECT id FROM users WHERE id = ANY($keys)", Key: id}, "", "write IN ($keys)"},
		{"question mark", reader, sqllookup.Query{SQL: "SELECT id FROM users WHERE id IN ($keys) AND name = ?", Key: id}, "", "there is no parameter ?"},
		{"no key column", reader, sqllookup.Query{SQL: "SELECT id, name FROM users WHERE id IN ($keys)"}, "", "AS _key (the columns are id, name)"},
		{"same name twice", reader, sqllookup.Query{SQL: "SELECT id, name, id FROM users WHERE id IN ($keys)", Key: id}, "", `two columns are called "id"`},
		{"delete", d, sqllookup.Query{SQL: "DELETE FROM users WHERE id IN ($keys)", Key: id}, "1792", "READ ONLY"},
		{"write", d, sqllookup.Query{SQL: "SELECT id, NEXTVAL(s) AS n FROM users WHERE id IN ($keys)", Key: id}, "1792", "READ ONLY"},
		{"no rows", d, sqllookup.Query{SQL: "DO 1 IN ($keys)", Key: id}, "", "write a SELECT"},
		{"composite bare", reader, sqllookup.Query{SQL: "SELECT id, name FROM users WHERE JSON_CONTAINS($keys, id)", Key: []string{"id", "name"}}, "", "(a, b) IN ($keys)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.q.Name = "user"
			db := tc.db.open(t, sqllookup.Config{Pool: 1})
			_, err := db.Lookup(t.Context(), tc.q)
			if err == nil {
				t.Fatal("no error")
			}
			if stages.ClassOf(err) != stages.Fatal || !strings.HasPrefix(err.Error(), "stage user: ") || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("class %d: %v\nwant a fatal error of stage user that says %q", stages.ClassOf(err), err, tc.says)
			}
			if e, ok := errors.AsType[lookup.Error](err); !ok || e.Code() != tc.code {
				t.Errorf("code of %v: want %q", err, tc.code)
			}
			for _, secret := range []string{user, "127.0.0.1", "canary", "localhost"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error says %s: %v", secret, err)
				}
			}
		})
	}
	// A right to read is enough, also to know what is JSON.
	d.exec(t, `INSERT INTO users VALUES (1, 'a', NULL, '{"a": 1}')`)
	l := reader.lookup(t, sqllookup.Query{
		SQL: "SELECT doc, id AS _key FROM `users` WHERE \"it's \\\" $keys\" <> '' AND id - 1--1 IN ($keys) # $keys\n-- $keys", KeyType: []string{"bigint"},
	})
	if got := l.Columns(); !slices.Equal(got, []string{"doc"}) {
		t.Errorf("the columns are %v", got)
	}
	if got := string(load(t, l, "1").Result(0).Value); got != `{"doc":{"a":1}}` {
		t.Errorf("the value is %s", got)
	}
}

func TestMySQLErrorsOfACall(t *testing.T) {
	t.Parallel()
	d := newMySQL(t)
	d.exec(t, "CREATE TABLE going (id bigint PRIMARY KEY)")
	d.exec(t, "INSERT INTO going VALUES (1), (2)")
	d.exec(t, "CREATE TABLE latin (id varchar(9) CHARACTER SET latin1)")
	d.exec(t, "CREATE FUNCTION complain(k bigint) RETURNS bigint BEGIN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no luck'; RETURN k; END")
	for _, tc := range []struct {
		name   string
		sql    string
		before string
		class  stages.Class
		code   string
	}{
		{"not in the character set", "SELECT id AS _key FROM latin WHERE id IN ($keys)", "", stages.Permanent, "1267"},
		{"out of range", "SELECT id AS _key, 9223372036854775807 + id AS x FROM going WHERE id IN ($keys)", "", stages.Permanent, "1690"},
		{"raised", "SELECT id AS _key, complain(id) AS x FROM going WHERE id IN ($keys)", "", stages.Permanent, "1644"},
		{"two rows where one may be", "SELECT id AS _key, (SELECT b.id FROM going b WHERE b.id >= a.id) AS x FROM going a WHERE id IN ($keys)", "", stages.Permanent, "1242"},
		{"statement timeout", "SELECT id AS _key, SLEEP(10) AS x FROM going WHERE id IN ($keys)", "", stages.Transient, "1969"},
		{"table dropped", "SELECT id AS _key FROM going WHERE id IN ($keys)", "DROP TABLE going", stages.Fatal, "1146"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := prepare(t, d.open(t, sqllookup.Config{Timeout: 300 * time.Millisecond}), sqllookup.Query{SQL: tc.sql})
			if tc.before != "" {
				d.exec(t, tc.before)
			}
			key := lookup.Key("1")
			if l.Types()[0] == lookupkey.CaselessASCII {
				key = `"日"`
			}
			err := l.Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{key}))
			e, ok := errors.AsType[lookup.Error](err)
			if !ok || stages.ClassOf(err) != tc.class || e.Code() != tc.code {
				t.Errorf("class %d: %v; want class %d and code %s", stages.ClassOf(err), err, tc.class, tc.code)
			}
		})
	}
}

func TestMySQLSurvivesItsServer(t *testing.T) {
	t.Parallel()
	service := testenv.Own(t, testenv.StartMariaDB)
	d := database{driver: sqllookup.MySQL, dsn: service.Address()}
	l := d.lookup(t, sqllookup.Query{SQL: "SELECT k AS _key, k + 1 AS next FROM JSON_TABLE($keys, '$[*]' COLUMNS (k bigint PATH '$')) j"})
	load(t, l, "1")
	if err := service.Kill(); err != nil {
		t.Fatal(err)
	}
	err := l.Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1"}))
	if stages.ClassOf(err) != stages.Transient || err == nil || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("Load without a server: %v, want a transient error without an address", err)
	}
	if err := service.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := string(load(t, l, "1").Result(0).Value); got != `{"next":2}` {
		t.Errorf("the value is %s", got)
	}
	if err := service.Pause(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err = l.Load(ctx, stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1"}))
	if stages.ClassOf(err) != stages.Transient || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Load from a frozen server: %v, want a transient error", err)
	}
	if err := service.Resume(); err != nil {
		t.Fatal(err)
	}
	load(t, l, "1")
}

func TestMySQLSchemaMayChange(t *testing.T) {
	t.Parallel()
	d := newMySQL(t)
	d.exec(t, "CREATE TABLE t (id int, a varchar(10))")
	d.exec(t, "INSERT INTO t VALUES (1, 'x')")
	l := d.lookup(t, sqllookup.Query{SQL: "SELECT * FROM t WHERE id IN ($keys)", Key: []string{"id"}})
	load(t, l, "1")
	d.exec(t, "ALTER TABLE t MODIFY id bigint, ADD b decimal(4,2) DEFAULT 1.5")
	if got := string(load(t, l, "1").Result(0).Value); got != `{"id":1,"a":"x","b":1.50}` {
		t.Errorf("the value is %s", got)
	}
}

// TestMySQLManyKeys asks for more keys than one statement takes placeholders.
func TestMySQLManyKeys(t *testing.T) {
	t.Parallel()
	d := newMySQL(t)
	d.exec(t, "CREATE TABLE m (a int, b int, c int, v int, PRIMARY KEY (a, b, c))")
	d.exec(t, "INSERT INTO m SELECT seq, 1, 2, seq * 2 FROM seq_1_to_20000")
	l := d.lookup(t, sqllookup.Query{
		SQL: "SELECT * FROM m WHERE (a, b, c) IN ($keys)", Key: []string{"a", "b", "c"}, Many: true,
	})
	keys := make([]lookup.Key, 20001)
	for i := range keys {
		keys[i] = lookup.Key(fmt.Sprintf("[%d,1,2]", i))
	}
	b := load(t, l, keys...)
	for i := range keys {
		want := fmt.Sprintf(`[{"a":%d,"b":1,"c":2,"v":%d}]`, i, i*2)
		if got := string(b.Result(i).Value); got != want && i > 0 {
			t.Fatalf("key %s: %s, want %s", keys[i], got, want)
		}
	}
	if b.Result(0).State != stages.Missing {
		t.Errorf("a key without a row: %v", b.Result(0).State)
	}
}
