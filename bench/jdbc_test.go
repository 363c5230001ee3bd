package bench

import "testing"

func TestJDBC(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://u:p%26@h:5/d?sslmode=disable":       "jdbc:postgresql://h:5/d?password=p%26&sslmode=disable&user=u",
		"host=h port=5 user=u dbname=d sslmode=require": "jdbc:postgresql://h:5/d?sslmode=require&user=u",
		"host=h port=5 user=u dbname=d":                 "jdbc:postgresql://h:5/d?sslmode=prefer&user=u",
		"host=/var/run/postgresql user=u dbname=d":      "",
		"postgres://u@[::1]:5/d?sslmode=disable":        "jdbc:postgresql://[::1]:5/d?sslmode=disable&user=u",
		"postgres://u@h:port/d":                         "",
	} {
		t.Setenv("PGPASSWORD", "")
		if got, err := jdbcURL(dsn); got != want || (err != nil) != (want == "") {
			t.Errorf("%s gives %s (%v), want %s", dsn, got, err, want)
		}
	}
}
