// Package report says what the runs of a benchmark come to: medians with their spread, ratios of what ran side by side,
// and whether the figures that loaderline is to reach are reached, as a table, as JSON and as a chart.
package report
