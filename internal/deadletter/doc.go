// Package deadletter reads the dead letters of a pipeline, groups and shows them, and sends them back.
//
// A dead letter is open, redriven, parked or dismissed. Its topic is never changed: a compacted topic beside it, the
// ledger, holds the state of those that are not open. What is sent back, or parked, is published in one transaction with
// its ledger entries, so that it happens once however often it is tried.
package deadletter
