package filelookup

import (
	"bytes"
	"context"

	"github.com/loaderline/loaderline/internal/lookuptable"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Look looks at the file of a client once, as its watcher does.
func Look(ctx context.Context, c lookup.Client[Query]) { c.(*client).watcher.look(ctx) }

// Rows reads content as the file of a client.
func Rows(ctx context.Context, c lookup.Client[Query], content []byte) (*lookuptable.Rows, error) {
	return c.(*client).rows(ctx, bytes.NewReader(content))
}
