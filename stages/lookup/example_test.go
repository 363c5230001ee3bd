package lookup_test

import (
	"context"
	"fmt"
	"log"

	"github.com/loaderline/loaderline/stages/redislookup"
)

// Keys of a query are equal if its source takes them for equal, however they are written.
func Example() {
	ctx := context.Background()
	client, err := redislookup.Open(ctx, redislookup.Config{Addrs: []string{"localhost:6379"}})
	if err != nil {
		log.Fatal(err)
	}
	orders, err := client.Lookup(ctx, redislookup.Query{Key: "order:$key:$key", KeyType: []string{"text", "bigint"}})
	if err != nil {
		log.Fatal(err)
	}

	for _, number := range []string{`5`, `"005"`, `5e0`, `"five"`} {
		key, err := orders.Key([]byte(`"t1"`), []byte(number))
		fmt.Println(key, err)
	}
	if err := client.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// ["t1",5] <nil>
	// ["t1",5] <nil>
	// ["t1",5] <nil>
	//  part 2: "five" is not a bigint
}
