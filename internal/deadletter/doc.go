// Package deadletter reads the dead letters of a pipeline, groups and shows them, and sends them back.
//
// A dead letter is open, redriven, parked or dismissed. Its topic is never changed. A compacted topic, the ledger, holds the
// state of dead letters that are not open. A redriven or parked dead letter is published in one transaction with its ledger
// entry, so repeated attempts publish it once.
package deadletter
