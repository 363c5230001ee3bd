package redistier_test

import (
	"context"
	"fmt"

	"github.com/loaderline/loaderline/stages/cache"
	"github.com/loaderline/loaderline/stages/cache/redistier"
	"github.com/loaderline/loaderline/stages/redislookup"
)

// Open does not wait for Redis: as long as nothing answers, the tier is empty and the sources are asked.
func ExampleOpen() {
	shared, err := redistier.Open(context.Background(), redistier.Config{
		Redis:  redislookup.Config{Addrs: []string{"127.0.0.1:1"}},
		Prefix: "shop",
	})
	if err != nil {
		panic(err)
	}
	defer func() { _ = shared.Close() }()
	memory, err := cache.New(cache.Config{MaxBytes: 64 << 20, Tiers: []cache.Tier{shared}})
	if err != nil {
		panic(err)
	}
	defer memory.Close()
	fmt.Println(memory.Stats().Tiers[0].Name, "is below a memory of", memory.Stats().MaxBytes>>20, "MiB")
	// Output: redis is below a memory of 64 MiB
}
