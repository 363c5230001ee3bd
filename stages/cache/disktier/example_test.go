package disktier_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache"
	"github.com/loaderline/loaderline/stages/cache/disktier"
)

// A process that starts again finds on disk what the process before it has loaded.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "cache")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	process := func() {
		disk, err := disktier.Open(disktier.Config{Dir: dir})
		if errors.Is(err, disktier.ErrHeld) {
			fmt.Println("another process uses the directory")
		}
		if err != nil {
			panic(err)
		}
		defer func() { _ = disk.Close() }()
		memory, err := cache.New(cache.Config{Tiers: []cache.Tier{disk}})
		if err != nil {
			panic(err)
		}
		defer memory.Close()

		source := stages.MapSource(func(_ context.Context, ids []int) (map[int]string, error) {
			fmt.Println("load", ids)
			return map[int]string{1: "Ann"}, nil
		})
		users := stages.NewLoader(source, stages.LoaderConfig[int, string]{
			Cache: cache.For(memory, cache.ViewConfig[int, string]{
				Loader: "users", Version: "1", TTL: time.Hour,
				Codec: &cache.Codec[int, string]{
					Key:    strconv.Itoa,
					Encode: func(name string) ([]byte, error) { return []byte(name), nil },
					Decode: func(b []byte) (string, error) { return string(b), nil },
				},
			}),
		})
		fmt.Println(users.Load(context.Background(), 1)[1].Value)
	}
	process()
	process()
	// Output:
	// load [1]
	// Ann
	// Ann
}
