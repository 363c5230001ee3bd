// Package e2e holds the end-to-end tests: the built binary as a separate process, real Kafka and PostgreSQL, and the
// checker of testenv as the judge. Events are 40,000 by default; LOADERLINE_EVENTS sets another number, and `make bars`
// runs them with the workload's 500,000.
package e2e
