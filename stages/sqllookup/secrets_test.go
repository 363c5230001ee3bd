package sqllookup_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
	"github.com/loaderline/loaderline/testenv"
)

// Whatever is wrong with a connection string, no error has a part of its password, which begins with canary.
func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	const password, user = "canary#pass/word", "canaryuser"
	free, err := testenv.FreeAddresses(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	address := free[0] // nobody listens there
	working, err := url.Parse(newPostgres(t).dsn)
	if err != nil {
		t.Fatal(err)
	}
	working.User = url.UserPassword(user, password)
	refused := url.URL{Scheme: "postgres", Host: address, Path: "/shop", User: url.UserPassword(user, password), RawQuery: "sslmode=disable"}
	for driver, c := range map[string]struct {
		query string
		dsns  map[string]string
	}{
		sqllookup.Postgres: {numbersSQL, map[string]string{
			"unescaped": "postgres://" + user + ":" + password + "@" + address + "/shop",
			"port":      "postgres://" + user + ":canary@host:canaryport/shop",
			"tls":       refused.String() + "&sslrootcert=/canary/ca.pem",
			"refused":   refused.String(),
			"login":     working.String(),
			"pairs":     "host=127.0.0.1 port=1 user=" + user + " password='canary",
		}},
		sqllookup.MySQL: {"SELECT 1 AS _key FROM t WHERE id IN ($keys)", map[string]string{
			"unescaped":  "mysql://" + user + ":" + password + "@" + address + "/shop",
			"port":       "mysql://" + user + ":canary@host:canaryport/shop",
			"no slash":   user + ":canary@tcp(" + address + ")",
			"no address": user + ":canary@" + address + "/shop",
			"tls":        "mysql://" + user + ":canary@" + address + "/shop?tls=canary",
			"refused":    user + ":" + password + "@tcp(" + address + ")/shop",
			"login":      newMySQL(t).as(user, password).dsn,
		}},
	} {
		for name, dsn := range c.dsns {
			t.Run(driver+", "+name, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				cfg := sqllookup.Config{Driver: driver, DSN: lookup.Secret(dsn)}
				if text := fmt.Sprintf("%v %+v %#v %v", cfg, cfg, cfg, &cfg); strings.Contains(text, "canary") {
					t.Errorf("the configuration shows a secret: %s", text)
				}
				db, err := sqllookup.Open(ctx, cfg)
				var prepared error
				if err == nil {
					err = db.Ping(ctx)
					_, prepared = db.Lookup(ctx, sqllookup.Query{SQL: c.query})
					_ = db.Close()
					if host, _, _ := strings.Cut(address, ":"); strings.Contains(fmt.Sprint(prepared), host) {
						t.Errorf("a call's error names the address: %v", prepared)
					}
				}
				if err == nil {
					t.Error("no error")
				}
				if all := fmt.Sprint(err, prepared); strings.Contains(all, "canary") {
					t.Errorf("the errors hold a secret: %s", all)
				}
				t.Logf("%v | %v", err, prepared)
			})
		}
	}
}
