// Package failpoint stops a process at a named point of its way, for the fault suite in testenv/chaos. Only builds with
// the tag failpoint can be stopped; in all others Hit is empty and the compiler removes it.
//
// Such a build reads the file that the environment variable LOADERLINE_FAILPOINT names whenever it passes a point. Where
// the file holds the point's name, the file is removed and the process sends itself SIGKILL; where it holds the name and
// the word stop, SIGSTOP.
package failpoint

// Point is a place on the way of a micro-batch.
type Point string

// The points, in the order in which a micro-batch passes them.
const (
	AfterPoll          Point = "after-poll"
	MidProduce         Point = "mid-produce"
	AfterFlush         Point = "after-flush"
	AfterOffsetsCommit Point = "after-offsets-commit"
	AfterEndTxn        Point = "after-end-txn" // With ExactlyOnce alone.
)
