// Package demo runs a pipeline end to end in one process: a broker, a database with a small shop, events, some of
// them bad, and an audit that reads back the outcome of each.
//
// The pipeline is a file, and goes the way of every pipeline file. The broker is for trying things: it keeps
// records in memory.
package demo
