package resultcache_test

import (
	"context"
	"fmt"
	"time"

	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

// A second call for some of the same users finds these, and leaves only the others to be loaded.
func Example() {
	memory, err := resultcache.New(resultcache.MemoryConfig{MaxBytes: 64 << 20})
	if err != nil {
		panic(err)
	}
	defer memory.Close()
	users := resultcache.For(memory, resultcache.ViewConfig[int, string]{
		Loader: "users", Version: "1", TTL: 10 * time.Minute, NegativeTTL: 30 * time.Second,
	})

	ctx := context.Background()
	since := users.Get(ctx, []int{1, 2}, nil) // nothing is there, so nothing is hit
	users.Set(ctx, since, []int{1, 2}, []stages.Result[string]{
		{State: stages.Loaded, Value: "Ann"},
		{State: stages.Missing},
	})

	keys := []int{1, 2, 3}
	users.Get(ctx, keys, func(i int, r stages.Result[string], _ bool) {
		fmt.Printf("user %d is %v: %q\n", keys[i], r.State, r.Value)
	})
	// Output:
	// user 1 is loaded: "Ann"
	// user 2 is missing: ""
}

// A load that was under way while its key changed is not kept: it may have read the old value.
func ExampleView_Invalidate() {
	memory, err := resultcache.New(resultcache.MemoryConfig{})
	if err != nil {
		panic(err)
	}
	defer memory.Close()
	users := resultcache.For(memory, resultcache.ViewConfig[int, string]{Loader: "users", TTL: time.Minute})

	ctx := context.Background()
	keys := []int{1}
	since := users.Get(ctx, keys, nil)
	users.Invalidate(ctx, 1)
	users.Set(ctx, since, keys, []stages.Result[string]{{State: stages.Loaded, Value: "Ann"}})

	hits := 0
	users.Get(ctx, keys, func(int, stages.Result[string], bool) { hits++ })
	fmt.Println(hits, "hits,", memory.Stats().Outdated, "outdated")
	// Output: 0 hits, 1 outdated
}
