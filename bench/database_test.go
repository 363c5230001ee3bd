package bench

import "testing"

func TestWithAddress(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://u:p@db.example:5432/shop?sslmode=disable": "postgres://u:p@127.0.0.1:1234/shop?sslmode=disable",
		"host=db.example port=5432 dbname=shop":               "host=db.example port=5432 dbname=shop host=127.0.0.1 port=1234",
	} {
		if got := withAddress(dsn, "127.0.0.1:1234"); got != want {
			t.Errorf("%s becomes %s, want %s", dsn, got, want)
		}
	}
}
