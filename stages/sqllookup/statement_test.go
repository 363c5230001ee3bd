package sqllookup

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseStatement(t *testing.T) {
	t.Parallel()
	// What replaces each use: <bare>, <in> for all of IN ($keys), <any> for the $keys of ANY($keys).
	for _, tc := range []struct{ name, sql, postgres, sqlite string }{
		{"any", "SELECT 1 WHERE id = ANY($keys)", "SELECT 1 WHERE id = ANY(<any>)", ""},
		{"any spaced", "SELECT 1 WHERE id = any ( $keys )", "SELECT 1 WHERE id = any ( <any> )", ""},
		{"in", "SELECT 1 WHERE id IN ($keys) ORDER BY 1", "SELECT 1 WHERE id <in> ORDER BY 1", ""},
		{"in over lines", "SELECT 1 WHERE id in\n(\n $keys -- those\n)", "SELECT 1 WHERE id <in>", ""},
		{"bare", "SELECT 1 FROM unnest($keys::bigint[])", "SELECT 1 FROM unnest(<bare>::bigint[])", "!"},
		{"twice", "SELECT 1 WHERE a IN ($keys) OR b = ANY($keys)", "SELECT 1 WHERE a <in> OR b = ANY(<any>)", ""},
		{"semicolon", "SELECT 1 WHERE a IN ($keys) ; -- done", "SELECT 1 WHERE a <in> ", ""},
		{"string", "SELECT '$keys' WHERE a IN ($keys)", "SELECT '$keys' WHERE a <in>", ""},
		{"string with a quote", "SELECT 'it''s $keys; --' WHERE a IN ($keys)", "SELECT 'it''s $keys; --' WHERE a <in>", ""},
		{"identifier", `SELECT "$keys" WHERE a IN ($keys)`, `SELECT "$keys" WHERE a <in>`, ""},
		{"comments", "SELECT 1 /* $keys */ -- $keys\nWHERE a IN ($keys)", "SELECT 1 /* $keys */ -- $keys\nWHERE a <in>", ""},
		{"longer identifier", "SELECT a$keys WHERE a IN ($keys)", "SELECT a$keys WHERE a <in>", ""},
		{"nested comment", "SELECT /* /* */ $keys */ 1 WHERE a IN ($keys)", "SELECT /* /* */ $keys */ 1 WHERE a <in>", "SELECT /* /* */ <bare> */ 1 WHERE a <in>"},
		{"dollar quotes", "SELECT $$ $keys $$, $t$ $$ $keys $t$ WHERE a IN ($keys)", "SELECT $$ $keys $$, $t$ $$ $keys $t$ WHERE a <in>", "!"},
		{"escapes", `SELECT E'\' $keys' WHERE a IN ($keys)`, `SELECT E'\' $keys' WHERE a <in>`, `SELECT E'\' <bare>' WHERE a IN ($keys)`},
		{"backslash", `SELECT '\' WHERE a IN ($keys)`, `SELECT '\' WHERE a <in>`, ""},
		{"brackets", "SELECT [$keys], `$keys` WHERE a IN ($keys)", "SELECT [<bare>], `<bare>` WHERE a <in>", "SELECT [$keys], `$keys` WHERE a <in>"},
		{"casts", "SELECT a::text WHERE a IN ($keys)", "SELECT a::text WHERE a <in>", "!"},
		{"numbered", "SELECT $1 WHERE a IN ($keys)", "!", "!"},
		{"another name", "SELECT 1 WHERE a IN ($key)", "!", "!"},
		{"none", "SELECT 1 WHERE a IN (1)", "!", "!"},
		{"only quoted", "SELECT '$keys'", "!", "!"},
		{"not in", "SELECT 1 WHERE a NOT IN ($keys)", "!", "!"},
		{"with others", "SELECT 1 WHERE a IN ($keys, 1)", "!", "!"},
		{"two statements", "SELECT 1 WHERE a IN ($keys); DELETE FROM t", "!", "!"},
		{"never ends", "SELECT 1 WHERE a IN ($keys", "SELECT 1 WHERE a <in>", ""},
		{"empty", "", "!", "!"},
	} {
		for d, want := range map[dialect]string{postgresDialect: tc.postgres, sqliteDialect: tc.sqlite} {
			if want == "" {
				want = tc.postgres
			}
			got := "!"
			if s, err := parseStatement(tc.sql, d); err == nil {
				got = s.rewriteWith(func(u use) string { return []string{"<bare>", "<in>", "<any>"}[u.form] }).sql
			}
			if got != want {
				t.Errorf("%s, dialect %d:\n got %q\nwant %q", tc.name, d, got, want)
			}
		}
	}
}

func TestParseMySQLStatement(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, sql, want string }{
		{"in", "SELECT 1 WHERE id IN ($keys)", "SELECT 1 WHERE id <in>"},
		{"bare", "SELECT 1 FROM JSON_TABLE($keys, '$[*]' COLUMNS (k int PATH '$')) j", "SELECT 1 FROM JSON_TABLE(<bare>, '$[*]' COLUMNS (k int PATH '$')) j"},
		{"escaped quotes", `SELECT 'it\'s $keys', "\" $keys", '\\' WHERE a IN ($keys)`, `SELECT 'it\'s $keys', "\" $keys", '\\' WHERE a <in>`},
		{"backticks", "SELECT `a``\\`, `$keys` WHERE a IN ($keys)", "SELECT `a``\\`, `$keys` WHERE a <in>"},
		{"comments", "SELECT 1 # $keys\n-- $keys\n/* /* $keys */WHERE a IN ($keys)--", "SELECT 1 # $keys\n-- $keys\n/* /* $keys */WHERE a <in>--"},
		{"minus minus", "SELECT 1--1, @a WHERE a IN ($keys)", "SELECT 1--1, @a WHERE a <in>"},
		{"hidden in minus minus", "SELECT 1--$keys\nWHERE a IN ($keys)", "SELECT 1--<bare>\nWHERE a <in>"},
		{"assignment", "SELECT @a := 1 WHERE a IN ($keys)", "SELECT @a := 1 WHERE a <in>"},
		{"question mark", "SELECT ? WHERE a IN ($keys)", "!"},
		{"only quoted", "SELECT '\\' IN ($keys)'", "!"},
	} {
		got := "!"
		if s, err := parseStatement(tc.sql, mysqlDialect); err == nil {
			got = s.rewriteWith(func(u use) string { return []string{"<bare>", "<in>", "<any>"}[u.form] }).sql
		}
		if got != tc.want {
			t.Errorf("%s:\n got %q\nwant %q", tc.name, got, tc.want)
		}
	}
}

func TestPlaceOfAnError(t *testing.T) {
	t.Parallel()
	const sql = "SELECT 'ü', bad\nFROM t WHERE a IN ($keys) AND wrong = ANY($keys)\n AND last"
	s, err := parseStatement(sql, postgresDialect)
	if err != nil {
		t.Fatal(err)
	}
	r := s.rewriteWith(func(u use) string {
		if u.form == inKeys {
			return "= ANY($1)"
		}
		return "$1"
	})
	for word, want := range map[string][2]int{"bad": {1, 13}, "FROM": {2, 1}, "= ANY($1) AND": {2, 16}, "wrong": {2, 31}, "last": {3, 6}} {
		before, _, _ := strings.Cut(r.sql, word)
		position := len([]rune(before)) + 1
		if line, column := r.place(position); line != want[0] || column != want[1] {
			t.Errorf("%q is at %d:%d, want %d:%d", word, line, column, want[0], want[1])
		}
	}
}

func TestParseStatementNeverPanics(t *testing.T) {
	t.Parallel()
	pieces := []string{"$keys", "IN", "(", ")", "'", `"`, "$$", "$t$", "--", "\n", "/*", "*/", ";", "E'", `\`, "[", "]", "`", " ", "ü", "$", "ANY", "?"}
	rapid.Check(t, func(rt *rapid.T) {
		sql := strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(rt, "pieces"), "")
		for _, d := range []dialect{postgresDialect, sqliteDialect} {
			s, err := parseStatement(sql, d)
			if err != nil {
				continue
			}
			if same := s.rewriteWith(func(use) string { return "" }); len(same.edits) == 0 {
				rt.Errorf("%q has no $keys and is no error", sql)
			}
			r := s.rewriteWith(func(use) string { return "<keys>" })
			for position := range len(r.sql) + 2 {
				if line, column := r.place(position); line < 1 || column < 1 {
					rt.Errorf("position %d of %q is at %d:%d", position, r.sql, line, column)
				}
			}
		}
	})
}
