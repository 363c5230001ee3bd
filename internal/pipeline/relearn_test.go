package pipeline_test

import (
	"database/sql"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The keys of plans become texts: the keys of events, and the keys of rows that were cached before.
func TestAMigrationBlamesNoEvent(t *testing.T) {
	t.Parallel()
	file := shopFile(t)
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	migrate := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	migrate(`CREATE TABLE prices (code INTEGER, price INTEGER); INSERT INTO prices VALUES (7, 70);
		CREATE TABLE notes (code INTEGER, note TEXT); INSERT INTO notes VALUES (7, 'seven');
		CREATE TABLE bought (id INTEGER, code TEXT); INSERT INTO bought VALUES (1, '007'), (2, 'x')`)
	l, err := layout("nest", file, `
  bought: {source: shop, by: event.id, query: "SELECT id, code FROM bought WHERE id IN ($keys)", key: id, cache: {ttl: 1h}}
  late: {source: shop, by: bought.code, query: "SELECT code, price FROM prices WHERE code IN ($keys)", key: code, cache: {ttl: 1h}}
  price: {source: shop, by: event.code, query: "SELECT code, price FROM prices WHERE code IN ($keys)", key: code, cache: {ttl: 1h}}
  note: {source: shop, by: event.code, query: "SELECT code, note FROM notes WHERE code IN ($keys)", key: code}
`)
	if err != nil {
		t.Fatal(err)
	}
	p := openLayout(t, l)
	for _, step := range []struct{ before, event, want string }{
		{"SELECT 1", `{"id":1,"code":7}`, `{"event":{"id":1,"code":7},"bought":{"id":1,"code":"007"},"late":{"code":7,"price":70},` +
			`"price":{"code":7,"price":70},"note":{"code":7,"note":"seven"}}`},
		{"SELECT 1", `{"id":2,"code":7}`, `key in stage late: bought.code: "x" is not a bigint`},
		{"SELECT 1", `{"code":"x"}`, `key in stage price: event.code: "x" is not a bigint`},
		{
			`DROP TABLE prices; CREATE TABLE prices (code TEXT, price INTEGER); INSERT INTO prices VALUES ('007', 71), ('x', 90)`,
			`{"id":2}`, `{"event":{"id":2},"bought":{"id":2,"code":"x"},"late":{"code":"x","price":90},"price":null,"note":null}`,
		},
		// The row is cached since before, and its key is another now.
		{"SELECT 1", `{"id":1}`, `{"event":{"id":1},"bought":{"id":1,"code":"007"},"late":{"code":"007","price":71},"price":null,"note":null}`},
		// Two stages share the path, and have other types by now.
		{"SELECT 1", `{"code":"x"}`, `key in stage note: event.code: "x" is not a bigint`},
		{"SELECT 1", `{"code":"007"}`, `{"event":{"code":"007"},"bought":null,"late":null,"price":{"code":"007","price":71},"note":{"code":7,"note":"seven"}}`},
		{"SELECT 1", `{"code":{}}`, `key in stage price: event.code: an object cannot be a key: a key is a string, a number or a boolean`},
	} {
		migrate(step.before)
		if diff := cmp.Diff([]string{step.want}, enrich(t, p, step.event)); diff != "" {
			t.Errorf("%s:\n%s", step.event, diff)
		}
	}
}
