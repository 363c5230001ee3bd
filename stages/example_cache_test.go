package stages_test

import (
	"context"
	"fmt"
	"time"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache"
)

// How do all loaders share a cache by key? A second batch with some of the same users loads only the others, at every
// stage.
func Example_cache() {
	memory, err := cache.New(cache.Config{MaxBytes: 1 << 20})
	if err != nil {
		panic(err)
	}
	defer memory.Close()
	var (
		plan     stages.Plan[pageView]
		profiles = stages.NewLoader(from("users", users), stages.LoaderConfig[userID, user]{
			Cache: cache.For(memory, cache.ViewConfig[userID, user]{Loader: "users", TTL: time.Minute}),
		})
		bought = stages.NewLoader(from("purchases", purchases), stages.LoaderConfig[userID, []purchase]{
			Cache: cache.For(memory, cache.ViewConfig[userID, []purchase]{Loader: "purchases", TTL: time.Minute}),
		})
		reviewsOf = stages.NewLoader(from("reviews", reviews), stages.LoaderConfig[productID, []review]{
			Cache: cache.For(memory, cache.ViewConfig[productID, []review]{Loader: "reviews", TTL: time.Minute, NegativeTTL: time.Minute}),
		})
	)
	who := stages.One(&plan, profiles, stages.By(&plan, func(e pageView) userID { return e.user }))
	what := stages.One(&plan, bought, stages.Then(who, func(u user) userID { return u.id }))
	rated := stages.Many(&plan, reviewsOf, stages.ThenEach(what, products))

	plan.Run(context.Background(), []pageView{{1}, {2}})
	fmt.Println("again, with one more user")
	for row := range plan.Run(context.Background(), []pageView{{1}, {2}, {3}}).All() {
		fmt.Println(who.Of(row).Value.name, rated.Of(row).Value.Len())
	}
	// Output:
	// call users [1 2]
	// call purchases [1 2]
	// call reviews [desk lamp]
	// again, with one more user
	// call users [3]
	// call purchases [3]
	// call reviews [chair]
	// Ada 2
	// Grace 1
	// Edsger 1
}
