package pipelinefile_test

import (
	"fmt"

	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// All problems are reported at once, each with its place and what to write.
func ExampleParse() {
	_, err := pipelinefile.Parse("pipeline.yaml", []byte(`
kafka: {brokers: [localhost:9092]}
input: {topics: [user-events], gruop: enrich}
sources:
  shop: {sql: {driver: postgres, dsn: "postgres://localhost/shop"}, timeout: 5}
stages:
  user:
    source: shop
    by: user_id
    query: SELECT id, name FROM users WHERE id = ANY($keys)
    key: id
output: {topic: user-events-enriched}
dead_letter: {topic: user-events-dead}
`), pipelinefile.Options{})
	fmt.Println(err)
	// Output:
	// pipeline.yaml:3:32: input.gruop: unknown key; did you mean "group"?
	// pipeline.yaml:5:78: sources.shop.timeout: want a duration with its unit, such as 20ms, 5s or 10m, found 5; write the unit, 5ms or 5s
	// pipeline.yaml:9:9: stages.user.by: "user_id" begins with neither event nor an earlier stage; did you mean "event.user_id"?
}
