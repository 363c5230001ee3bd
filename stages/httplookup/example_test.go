package httplookup_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

func Example() {
	ctx := context.Background()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"users": [{"id": 2, "name": "Grace"}, {"id": 1, "name": "Ada"}, {"id": 3, "error": 503}]}`))
	}))
	client, err := httplookup.Open(ctx, httplookup.Config{
		URL:    service.URL,
		Header: map[string]lookup.Secret{"Authorization": "Bearer TOKEN"},
	})
	if err != nil {
		log.Fatal(err)
	}
	users, err := client.Lookup(ctx, httplookup.Query{
		Name: "user", Path: "/users/lookup", Body: `{"ids": $keys}`,
		Items: "users", Key: []string{"id"}, KeyType: []string{"bigint"}, Error: "error",
	})
	if err != nil {
		log.Fatal(err)
	}

	batch := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1", "2", "3", "4"})
	if err := users.Load(ctx, batch); err != nil {
		log.Fatal(err)
	}
	for i, key := range batch.Keys {
		r := batch.Result(i)
		switch r.State {
		case stages.Loaded:
			fmt.Printf("%s: %s\n", key, r.Value)
		case stages.Failed:
			fmt.Printf("%s: %v\n", key, r.Err)
		default:
			fmt.Printf("%s: %v\n", key, r.State)
		}
	}
	if err := client.Close(); err != nil {
		log.Fatal(err)
	}
	service.Close()
	// Output:
	// 1: {"id":1,"name":"Ada"}
	// 2: {"id":2,"name":"Grace"}
	// 3: the service answered 503 Service Unavailable for this key
	// 4: missing
}
