package grpclookup

import (
	"context"

	"github.com/loaderline/loaderline/stages/lookup"
)

// Dial dials as the driver does for a name that leads to an address.
func Dial(ctx context.Context, c lookup.Client[Query], address string) error {
	conn, err := c.(*client).dial(ctx, address)
	if err == nil {
		err = conn.Close()
	}
	return err
}

// Write makes the request for a key, without a service.
func Write(l lookup.Lookup, key lookup.Key) error {
	of, plain := l.(*grpcLookup)
	if !plain {
		of = l.(*typedLookup).grpcLookup
	}
	_, err := of.request([]lookup.Key{key})
	return err
}
