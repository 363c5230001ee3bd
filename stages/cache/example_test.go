package cache_test

import (
	"context"
	"fmt"
	"time"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache"
)

// users is a source that prints which keys it is asked for.
var users = stages.MapSource(func(_ context.Context, ids []int) (map[int]string, error) {
	fmt.Println("load", ids)
	return map[int]string{1: "Ann", 2: "Bob"}, nil
})

// The second event with the same user loads nothing. After an invalidation the user is loaded again.
func Example() {
	memory, err := cache.New(cache.Config{MaxBytes: 64 << 20})
	if err != nil {
		panic(err)
	}
	defer memory.Close()
	view := cache.For(memory, cache.ViewConfig[int, string]{Loader: "users", TTL: 10 * time.Minute, NegativeTTL: 30 * time.Second})

	var plan stages.Plan[int]
	loader := stages.NewLoader(users, stages.LoaderConfig[int, string]{Cache: view})
	name := stages.One(&plan, loader, stages.By(&plan, func(id int) int { return id }))
	ctx := context.Background()
	enrich := func(id int) {
		for row := range plan.Run(ctx, []int{id}).All() {
			fmt.Printf("user %d is %v: %q\n", id, name.Of(row).State, name.Of(row).Value)
		}
	}
	enrich(1)
	enrich(1)
	enrich(3)
	enrich(3)
	view.Invalidate(ctx, 1)
	enrich(1)
	// Output:
	// load [1]
	// user 1 is loaded: "Ann"
	// user 1 is loaded: "Ann"
	// load [3]
	// user 3 is missing: ""
	// user 3 is missing: ""
	// load [1]
	// user 1 is loaded: "Ann"
}

// Stats says how well the cache works.
func ExampleMemory_Stats() {
	memory, err := cache.New(cache.Config{})
	if err != nil {
		panic(err)
	}
	defer memory.Close()
	loader := stages.NewLoader(users, stages.LoaderConfig[int, string]{
		Cache: cache.For(memory, cache.ViewConfig[int, string]{Loader: "users", TTL: time.Minute, NegativeTTL: time.Minute}),
	})
	var plan stages.Plan[int]
	stages.One(&plan, loader, stages.By(&plan, func(id int) int { return id }))
	plan.Run(context.Background(), []int{3})
	plan.Run(context.Background(), []int{3})

	s := memory.Stats()
	fmt.Println(s.Hits, "hit,", s.NegativeHits, "negative,", s.Misses, "miss, of", s.MaxBytes>>20, "MiB")
	// Output:
	// load [3]
	// 1 hit, 1 negative, 1 miss, of 256 MiB
}
