package filelookup_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/filelookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// A loader of a file is Local: the rows are in memory, and each run sees one version of them.
func Example() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	path := filepath.Join(folder, "zones.csv")
	if err := os.WriteFile(path, []byte("id,name\n7,North\n8,South\n"), 0o600); err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	client, err := filelookup.Open(ctx, filelookup.Config{Path: path, Key: []string{"id"}, Types: map[string]string{"id": "bigint"}})
	if err != nil {
		log.Fatal(err)
	}
	zones, err := client.Lookup(ctx, filelookup.Query{Name: "zone"})
	if err != nil {
		log.Fatal(err)
	}
	loader := stages.NewLoader(zones, stages.LoaderConfig[lookup.Key, []byte]{Name: "zone", Local: true})
	found := loader.Load(ctx, "7", "9")
	fmt.Println(string(found["7"].Value), found["9"].State)
	if err := errors.Join(client.Close(), os.RemoveAll(folder)); err != nil {
		log.Fatal(err)
	}
	// Output: {"id":7,"name":"North"} missing
}
