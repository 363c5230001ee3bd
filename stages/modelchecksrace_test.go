//go:build race

package stages_test

// modelChecks is how many schedules the model of the cache plays. Each takes ten times as long with the race detector, so most are
// played without it: make test runs the model both ways.
const modelChecks = 1_000
