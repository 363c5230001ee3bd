// Package bench measures programs that enrich the workload's events, side by side on one machine: loaderline, the
// hand-written tuned and naive, or any other that can be given a broker, a database, topics and a group. What runs is
// compared with what ran beside it, in alternation, since machines differ and one machine differs from hour to hour.
//
// A [Shape] says what is measured, and which processors run in it. Package report makes tables, a chart and the figures
// to reach of what [Bench.Run] returns.
package bench
