package sqllookup_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/stages/sqllookup"
)

func TestMySQLErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	const password, user = "canary#pass/word", "canaryuser"
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil { // Nobody listens there now.
		t.Fatal(err)
	}
	for name, dsn := range map[string]string{
		"unescaped":  "mysql://" + user + ":" + password + "@" + address + "/shop",
		"port":       "mysql://" + user + ":canary@host:canaryport/shop",
		"no slash":   user + ":canary@tcp(" + address + ")",
		"no address": user + ":canary@" + address + "/shop",
		"tls":        "mysql://" + user + ":canary@" + address + "/shop?tls=canary",
		"refused":    user + ":" + password + "@tcp(" + address + ")/shop",
		"login":      newMySQL(t).as(user, password).dsn,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		db, err := sqllookup.Open(ctx, sqllookup.Config{Driver: sqllookup.MySQL, DSN: dsn})
		var prepared error
		if err == nil {
			err = db.Ping(ctx)
			_, prepared = db.Lookup(ctx, sqllookup.Query{SQL: "SELECT 1 AS _key FROM t WHERE id IN ($keys)"})
			_ = db.Close()
			if host, _, _ := strings.Cut(address, ":"); strings.Contains(fmt.Sprint(prepared), host) {
				t.Errorf("%s: a call's error names the address: %v", name, prepared)
			}
		}
		cancel()
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if all := fmt.Sprint(err, prepared); strings.Contains(all, "canary") {
			t.Errorf("%s: the errors hold a secret: %s", name, all)
		}
		t.Logf("%s: %v | %v", name, err, prepared)
	}
}

func TestMySQLURLs(t *testing.T) {
	t.Parallel()
	d := newMySQL(t)
	user := "u" + strings.ToLower(rand.Text())
	d.exec(t, "CREATE USER "+user+" IDENTIFIED BY 'p@ss/:word'")
	t.Cleanup(func() { d.exec(t, "DROP USER "+user) })
	_, rest, _ := strings.Cut(d.dsn, "(")
	address, database, _ := strings.Cut(rest, ")/")
	// What would change how values are read has no effect.
	const without = "?parseTime=true&loc=Local&charset=latin1&time_zone=%27%2B03%3A00%27&interpolateParams=true&multiStatements=true"
	d.exec(t, "CREATE TABLE t (id int, at timestamp, name varchar(9))")
	d.exec(t, "INSERT INTO t VALUES (1, '2024-02-29 05:30:00', 'ü')")
	d.exec(t, "GRANT SELECT ON t TO "+user)
	for _, dsn := range []string{"mysql://" + user + ":p%40ss%2F%3Aword@" + address + "/" + database + without, d.as(user, "p@ss/:word").dsn + without} {
		d.dsn = dsn
		if err := d.open(t, sqllookup.Config{}).Ping(t.Context()); err != nil {
			t.Errorf("Ping: %v", err)
		}
		l := d.lookup(t, sqllookup.Query{SQL: "SELECT * FROM t WHERE id IN ($keys)", Key: []string{"id"}})
		if got := string(load(t, l, "1").Result(0).Value); got != `{"id":1,"at":"2024-02-29T00:00:00Z","name":"ü"}` {
			t.Errorf("the value is %s", got)
		}
	}
}
