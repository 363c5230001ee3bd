package httplookup

import (
	"net"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// IsBlocked lets tests try addresses that they cannot dial.
var IsBlocked = isBlocked

// RetryAfterOf lets tests choose the clock.
var RetryAfterOf = retryAfter

// Resolve makes the client look names up elsewhere.
func (c *Client) Resolve(r *net.Resolver) { c.dialer.Resolver = r }

// Decode settles a batch by one answer, without a service.
func (l *Lookup) Decode(body []byte, b *stages.Batch[lookup.Key, []byte]) error {
	places := make([]int32, len(b.Keys))
	for i := range places {
		places[i] = int32(i)
	}
	return newAnswers(l, b).settle(body, places)
}
