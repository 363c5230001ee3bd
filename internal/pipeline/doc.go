// Package pipeline compiles a pipeline file into the same Config and Plan that Go code writes. Events are JSON documents and
// values are JSON fragments; package jsonenrich passes both on byte for byte.
//
// NewLayout checks what the stages depend on and where their results go, without connecting to anything. Open connects
// to the sources, prepares every statement and builds the plan.
//
// The package has no driver of a source or a cache tier. The packages below it have, one for each kind. A program imports those
// that it wants, or package all.
package pipeline
