package grpclookup_test

import (
	"context"
	"fmt"
	"log"

	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/grpclookup"
)

func Example() {
	ctx := context.Background()
	files, err := codec.ReadDescriptors("testdata/catalog.proto") // Or protoregistry.GlobalFiles, for generated code.
	if err != nil {
		log.Fatal(err)
	}
	client, err := grpclookup.Open(ctx, grpclookup.Config{Address: "catalog.example:443", Files: files})
	if err != nil {
		log.Fatal(err)
	}
	products, err := client.Lookup(ctx, grpclookup.Query{Name: "product", Method: "shop.Catalog/GetProducts", Request: `{"ids": "$keys"}`, Items: "data.items"})
	if err != nil {
		log.Fatal(err)
	}

	fmt.Println(products.Key([]byte(`"007"`)))
	_, err = client.Lookup(ctx, grpclookup.Query{Name: "product", Method: "shop.Catalog/GetProduct", Items: "data.items"})
	fmt.Println(err, stages.ClassOf(err) == stages.Fatal)
	if err := client.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 7 <nil>
	// stage product: method: the service shop.Catalog has no method GetProduct; it has GetProducts, Watch true
}
