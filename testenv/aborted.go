package testenv

import (
	"cmp"
	"slices"

	"github.com/segmentio/kafka-go/protocol/fetch"
)

// abortedTransactions tells which batches of a fetch belong to transactions that were aborted. Batches are asked
// about in the order of their offsets.
type abortedTransactions struct {
	coming []fetch.ResponseTransaction // by first offset.
	open   map[int64]bool              // producers inside an aborted transaction, at the offset last asked for.
}

// newAbortedTransactions takes the list that a broker sends with its records.
func newAbortedTransactions(list []fetch.ResponseTransaction) *abortedTransactions {
	coming := slices.Clone(list)
	slices.SortFunc(coming, func(a, b fetch.ResponseTransaction) int { return cmp.Compare(a.FirstOffset, b.FirstOffset) })
	return &abortedTransactions{coming: coming, open: map[int64]bool{}}
}

// holds reports whether a producer's transactional batch at offset was aborted.
func (a *abortedTransactions) holds(producer, offset int64) bool {
	a.advance(offset)
	return a.open[producer]
}

// end notes a producer's marker at offset: its transaction ends there. The list may name a transaction whose
// fetch brought the marker alone; it must not hide what its producer writes next.
func (a *abortedTransactions) end(producer, offset int64) {
	a.advance(offset)
	delete(a.open, producer)
}

// advance opens the aborted transactions that begin at offset or before.
func (a *abortedTransactions) advance(offset int64) {
	for len(a.coming) > 0 && a.coming[0].FirstOffset <= offset {
		a.open[a.coming[0].ProducerID] = true
		a.coming = a.coming[1:]
	}
}
