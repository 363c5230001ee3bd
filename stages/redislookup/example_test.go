package redislookup_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/redislookup"
	"github.com/loaderline/loaderline/testenv"
)

func Example() {
	ctx := context.Background()
	server, err := testenv.StartRedis(ctx)
	if err != nil {
		log.Fatal(err)
	}
	client, err := redislookup.Open(ctx, redislookup.Config{Addrs: []string{server.Address()}})
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := client.Lookup(ctx, redislookup.Query{Name: "session", Key: "session:$key", Kind: redislookup.Hash})
	if err != nil {
		log.Fatal(err)
	}

	key, err := sessions.Key([]byte(`"a1"`))
	if err != nil {
		log.Fatal(err)
	}
	batch := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{key})
	if err := sessions.Load(ctx, batch); err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(client.Close(), server.Close()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(key, batch.Result(0).State)
	// Output: "a1" missing
}
