// Package demo runs a pipeline end to end in one process: a broker, a database with a small shop, events of which
// some are bad, and an audit that reads back what became of each of them.
//
// The pipeline is a file, and goes the way of every pipeline file. The broker is for trying things: it keeps
// records in memory.
package demo
