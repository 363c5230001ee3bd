package loaderline

import (
	"fmt"

	"github.com/loaderline/loaderline/internal/plural"
)

// maxBatch is more records than any batch has.
const maxBatch = 1 << 20

// batchLimiter limits the records of a batch, so that its output stays below MaxOutputBytes.
type batchLimiter struct {
	records int // Zero means any number.
}

// overflowError reports that the first records of a batch made more output than the whole batch may make.
type overflowError struct {
	records, limit int
}

// Error implements error.
func (e *overflowError) Error() string {
	return fmt.Sprintf("the first %s of the micro-batch made more than %d bytes of output", plural.Count(e.records, "record"), e.limit)
}

// overflowed leaves a margin: the next batch may have other records.
func (p *batchLimiter) overflowed(records int) { p.records = max(records/2, 1) }

// committed lets the next batch grow to at most twice the size of this one, and to half of the output limit, judging by
// this batch.
func (p *batchLimiter) committed(records, bytes, limit int) {
	if p.records == 0 {
		return
	}
	room := int(float64(records) * float64(limit) / 2 / float64(max(bytes, 1)))
	p.records = min(2*p.records, max(room, p.records))
	if p.records > maxBatch {
		p.records = 0
	}
}
