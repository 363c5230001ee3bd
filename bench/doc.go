// Package bench measures programs that enrich the workload's events, side by side on one machine: loaderline, the
// hand-written tuned, or any other that can be given a broker, a database, topics and a group. What runs is compared
// with what ran beside it, in alternation, since machines differ and one machine differs from hour to hour.
package bench
