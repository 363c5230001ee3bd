package sqllookup_test

import (
	"strconv"
	"testing"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

func BenchmarkLoad(b *testing.B) {
	const (
		recursive = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49999)
			SELECT i, i % 5000, 'product ' || i, i * 7, '2024-02-29 23:30:00' FROM n`
		sequence = "SELECT seq, seq % 5000, CONCAT('product ', seq), seq * 7, '2024-02-29 23:30:00' FROM seq_0_to_49999"
	)
	for _, bc := range []struct {
		name string
		make func(testing.TB) database
		key  string
		rows string
	}{
		{"postgres", newPostgres, "bigint", recursive},
		{"mysql", newMySQL, "bigint", sequence},
		{"sqlite", newSQLite, "INTEGER", recursive},
	} {
		b.Run(bc.name, func(b *testing.B) {
			d := bc.make(b)
			d.exec(b, "CREATE TABLE purchases (id bigint, user_id "+bc.key+", product text, cents bigint, at timestamp NULL)")
			d.exec(b, "INSERT INTO purchases "+bc.rows)
			d.exec(b, "CREATE INDEX by_user ON purchases (user_id)")
			l := d.lookup(b, sqllookup.Query{
				SQL: "SELECT user_id AS _key, id, product, cents, at FROM purchases WHERE user_id IN ($keys) ORDER BY user_id, id", Many: true,
			})
			keys := make([]lookup.Key, 5000)
			for i := range keys {
				keys[i] = lookup.Key(strconv.Itoa(i))
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := l.Load(b.Context(), stages.NewBatch[lookup.Key, []byte](keys)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(50000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
