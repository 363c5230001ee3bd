package sqllookup

import (
	"database/sql"
	"testing"

	_ "github.com/go-sql-driver/mysql"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/testenv"
)

// All collations of the server whose comparison of ASCII is known compare it as expected.
func TestUsualCollationsAgreeAboutASCII(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("mysql", testenv.MariaDB(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), `
		SELECT full_collation_name, character_set_name FROM information_schema.collation_character_set_applicability
		WHERE character_set_name NOT IN ('ucs2', 'utf16', 'utf16le', 'utf32')`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	known := map[string]string{}
	for rows.Next() {
		var collation, charset string
		if err := rows.Scan(&collation, &charset); err != nil {
			t.Fatal(err)
		}
		known[collation] = charset
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	tested := 0
	for collation, charset := range known {
		typ, compared := collatedText(collation)
		if compared.exact || compared.fold == nil {
			continue
		}
		tested++
		same := "LOWER(a.c) COLLATE utf8mb4_bin = LOWER(b.c)"
		if typ != lookupkey.CaselessASCII {
			same = "a.c COLLATE utf8mb4_bin = b.c"
		}
		var wrong int
		const chars = "(SELECT CONVERT(CHAR(seq) USING utf8mb4) c FROM seq_33_to_126)"
		err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+chars+" a, "+chars+" b WHERE (CONVERT(CONCAT('x', a.c, 'y') USING "+charset+
			") COLLATE "+collation+" = CONVERT(CONCAT('x', b.c, 'y') USING "+charset+")) <> ("+same+")").Scan(&wrong)
		if err != nil || wrong > 0 {
			t.Errorf("%s: %d pairs of characters are compared otherwise (%v)", collation, wrong, err)
		}
	}
	if tested < 10 {
		t.Errorf("only %d collations are known", tested)
	}
}
