package sqllookup_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
	_ "github.com/loaderline/loaderline/stages/sqllookup/sqlite" // The driver.
)

func Example() {
	ctx := context.Background()
	const dsn = "file:example?mode=memory&cache=shared"
	shop, err := sql.Open("sqlite", dsn)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := shop.ExecContext(ctx, `
		CREATE TABLE purchases (user_id INTEGER, product TEXT, price NUMERIC);
		INSERT INTO purchases VALUES (1, 'lamp', 12.5), (2, 'chair', 80), (1, 'desk', 200)`); err != nil {
		log.Fatal(err)
	}

	db, err := sqllookup.Open(ctx, sqllookup.Config{Driver: sqllookup.SQLite, DSN: dsn})
	if err != nil {
		log.Fatal(err)
	}
	purchases, err := db.Lookup(ctx, sqllookup.Query{
		Name: "purchases", Many: true,
		SQL: "SELECT user_id AS _key, product, price FROM purchases WHERE user_id IN ($keys) ORDER BY product",
	})
	if err != nil {
		log.Fatal(err)
	}

	key, err := purchases.Key([]byte(`"001"`))
	if err != nil {
		log.Fatal(err)
	}
	batch := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{key})
	if err := purchases.Load(ctx, batch); err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(db.Close(), shop.Close()); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %s\n", key, batch.Result(0).Value)
	// Output: 1: [{"product":"desk","price":200},{"product":"lamp","price":12.5}]
}
