package httplookup

import (
	"net"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Resolve makes the client look names up elsewhere.
func Resolve(c lookup.Client[Query], r *net.Resolver) { c.(*client).http.Dialer.Resolver = r }

// Decode settles a batch by one answer, without a service.
func Decode(l lookup.Lookup, body []byte, b *stages.Batch[lookup.Key, []byte]) error {
	places := make([]int32, len(b.Keys))
	for i := range places {
		places[i] = int32(i)
	}
	return l.(*httpLookup).layout.Answers(b).Settle(body, places)
}

// SetMaxURLBytes makes a lookup send shorter URLs.
func SetMaxURLBytes(l lookup.Lookup, n int) { l.(*httpLookup).maxURLBytes = n }
