package sqllookup_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/stages/sqllookup"
)

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
