//go:build !race

package stages_test

// modelChecks is how many schedules the model of the cache plays.
const modelChecks = 10_000
