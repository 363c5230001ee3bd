package stages_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/loaderline/loaderline/stages"
)

type (
	userID    int
	productID string
	user      struct {
		id   userID
		name string
	}
	purchase struct{ product productID }
	review   struct{ stars int }
	pageView struct{ user userID }
)

var (
	users     = map[userID]user{1: {1, "Ada"}, 2: {2, "Grace"}, 3: {3, "Edsger"}}
	purchases = map[userID][]purchase{1: {{"lamp"}, {"desk"}}, 2: {{"lamp"}}, 3: {{"chair"}}}
	reviews   = map[productID][]review{"lamp": {{5}, {4}}, "desk": {{3}}}
)

func products(bought []purchase) iter.Seq[productID] {
	return func(yield func(productID) bool) {
		for _, p := range bought {
			if !yield(p.product) {
				return
			}
		}
	}
}

// from answers from a table and prints each bulk call.
func from[K userID | productID, V any](name string, table map[K]V) stages.Source[K, V] {
	return stages.MapSource(func(_ context.Context, keys []K) (map[K]V, error) {
		fmt.Println("call", name, slices.Sorted(slices.Values(keys)))
		return table, nil
	})
}

// How are lookups done in sequence and still in bulk? Each stage gets its keys from the one before: three calls for
// the whole batch, and no key twice.
func Example_sequence() {
	var (
		plan      stages.Plan[pageView]
		profiles  = stages.NewLoader(from("users", users), stages.LoaderConfig[userID, user]{})
		bought    = stages.NewLoader(from("purchases", purchases), stages.LoaderConfig[userID, []purchase]{})
		reviewsOf = stages.NewLoader(from("reviews", reviews), stages.LoaderConfig[productID, []review]{})
	)
	who := stages.One(&plan, profiles, stages.By(&plan, func(e pageView) userID { return e.user }))
	what := stages.One(&plan, bought, stages.Then(who, func(u user) userID { return u.id }))
	rated := stages.Many(&plan, reviewsOf, stages.ThenEach(what, products))

	for row := range plan.Run(context.Background(), []pageView{{1}, {2}, {1}, {9}}).All() {
		fmt.Println(who.Of(row).Value.name, who.Of(row).State, rated.Of(row).Value.Get("lamp").Value)
	}
	// Output:
	// call users [1 2 9]
	// call purchases [1 2]
	// call reviews [desk lamp]
	// Ada loaded [{5} {4}]
	// Grace loaded [{5} {4}]
	// Ada loaded [{5} {4}]
	//  missing []
}

// What depends on nothing runs at once: both calls are under way before either has answered, and the reviews start
// when the purchases are there, though the profiles are not.
func Example_concurrent() {
	var (
		plan       stages.Plan[pageView]
		underWay   sync.WaitGroup
		reviewed   = make(chan struct{})
		profilesOf = stages.MapSource(func(context.Context, []userID) (map[userID]user, error) {
			underWay.Done()
			<-reviewed
			return users, nil
		})
		purchasesOf = stages.MapSource(func(context.Context, []userID) (map[userID][]purchase, error) {
			underWay.Done()
			underWay.Wait()
			return purchases, nil
		})
		reviewsOf = stages.MapSource(func(context.Context, []productID) (map[productID][]review, error) {
			defer close(reviewed)
			return reviews, nil
		})
	)
	underWay.Add(2)
	id := stages.By(&plan, func(e pageView) userID { return e.user })
	who := stages.One(&plan, stages.NewLoader(profilesOf, stages.LoaderConfig[userID, user]{}), id)
	what := stages.One(&plan, stages.NewLoader(purchasesOf, stages.LoaderConfig[userID, []purchase]{}), id)
	rated := stages.Many(&plan, stages.NewLoader(reviewsOf, stages.LoaderConfig[productID, []review]{}), stages.ThenEach(what, products))

	for row := range plan.Run(context.Background(), []pageView{{1}}).All() {
		fmt.Print(who.Of(row).Value.name, " bought")
		for product, r := range rated.Of(row).Value.All() {
			fmt.Print(" ", product, r.Value)
		}
	}
	// Output:
	// Ada bought lamp[{5} {4}] desk[{3}]
}

// How is a stage left out for some events? It gets a condition: nothing is loaded for the others, and what comes after it is
// left out too.
func ExampleAfter() {
	var (
		plan     stages.Plan[pageView]
		profiles = stages.NewLoader(from("users", users), stages.LoaderConfig[userID, user]{})
		bought   = stages.NewLoader(from("purchases", purchases), stages.LoaderConfig[userID, []purchase]{})
	)
	id := stages.By(&plan, func(e pageView) userID { return e.user })
	who := stages.One(&plan, profiles, id)
	isAda := stages.After(&plan, func(row stages.Row[pageView]) (bool, error) { return who.Of(row).Value.name == "Ada", nil }, who)
	what := stages.One(&plan, bought, id, isAda)

	for row := range plan.Run(context.Background(), []pageView{{1}, {2}}).All() {
		fmt.Println(who.Of(row).Value.name, what.Of(row).Value, what.Of(row).Err)
	}
	// Output:
	// call users [1 2]
	// call purchases [1]
	// Ada [{lamp} {desk}] <nil>
	// Grace [] no key: the stage does not run for this event
}
