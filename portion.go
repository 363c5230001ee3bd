package loaderline

import (
	"fmt"

	"github.com/loaderline/loaderline/internal/plural"
)

// maxPortion is more records than any micro-batch has.
const maxPortion = 1 << 20

// portion is how many records a micro-batch may have so that what is made of them keeps to MaxOutputBytes.
type portion struct {
	records int // Zero means any number.
}

// overflowError says that the first records of a micro-batch made all the bytes that it may make.
type overflowError struct {
	records, limit int
}

// Error implements error.
func (e *overflowError) Error() string {
	return fmt.Sprintf("the first %s of the micro-batch made more than %d bytes of output", plural.Count(e.records, "record"), e.limit)
}

// overflowed leaves a margin: the next micro-batch may have other records.
func (p *portion) overflowed(records int) { p.records = max(records/2, 1) }

// committed grows by twice at most, and to half of the limit as far as this micro-batch shows.
func (p *portion) committed(records, bytes, limit int) {
	if p.records == 0 {
		return
	}
	room := int(float64(records) * float64(limit) / 2 / float64(max(bytes, 1)))
	p.records = min(2*p.records, max(room, p.records))
	if p.records > maxPortion {
		p.records = 0
	}
}
