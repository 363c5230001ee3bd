package filelookup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookuptable"
	"github.com/loaderline/loaderline/stages/lookup"
)

// client is a lookup.Client of one file.
type client struct {
	cfg       Config
	delimiter rune
	schema    *lookuptable.Schema

	mu sync.Mutex
	// table is nil until the file was read.
	table *lookuptable.Table
	// unique says that a lookup wants one row for each key.
	unique  bool
	served  os.FileInfo // of the file that table has
	wrong   error       // why the file that is there now is not served; nil if it is
	watcher *watcher
	stop    context.CancelFunc
	ended   sync.WaitGroup
}

var (
	_ lookup.Client[Query] = (*client)(nil)
	_ lookupext.Reloader   = (*client)(nil)
)

// Lookup implements lookup.Client. The first call reads the file.
func (c *client) Lookup(ctx context.Context, q Query) (lookup.Lookup, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.open(ctx); err != nil {
		return nil, fatal(err)
	}
	if !q.Many {
		if err := c.twice(c.table.Rows()); err != nil {
			if q.Name == "" {
				q.Name = "lookup"
			}
			return nil, fatal(fmt.Errorf("stage %s: %w", q.Name, err))
		}
		c.unique = true
	}
	return c.table.Lookup(q.Many), nil
}

// twice returns the error of a key that several rows have.
func (c *client) twice(rows *lookuptable.Rows) error {
	d := rows.Duplicate()
	if d == nil {
		return nil
	}
	return c.at(d.Second, fmt.Errorf("the row has the key of line %d; many: true makes a list of them", d.First))
}

// firstReads is how often a file is read at most that changes while it is read.
const firstReads = 10

// open reads the file unless it was read, and begins to look at it. c.mu is held.
func (c *client) open(ctx context.Context) error {
	if c.table != nil {
		return nil
	}
	rows, info, err := c.read(ctx)
	for n := 1; n < firstReads && errors.Is(err, errChanging); n++ {
		select {
		case <-time.After(c.cfg.Poll):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		rows, info, err = c.read(ctx)
	}
	if err != nil {
		return err
	}
	c.table, c.served = lookuptable.New(c.schema, rows), info
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	c.stop = stop
	c.watcher = &watcher{client: c, last: info}
	c.ended.Go(func() { c.watcher.watch(watching) })
	return nil
}

// Ping implements lookup.Client. It fails if the file was never read and is not there.
func (c *client) Ping(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.table != nil {
		return nil
	}
	file, err := os.Open(c.cfg.Path)
	if err != nil {
		return fatal(c.explain(err))
	}
	return file.Close()
}

// Close implements lookup.Client.
func (c *client) Close() error {
	c.mu.Lock()
	if c.stop != nil {
		c.stop()
	}
	c.mu.Unlock()
	c.ended.Wait()
	return nil
}

// Served implements lookupext.Reloader.
func (c *client) Served() lookupext.Served {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.table == nil {
		return lookupext.Served{}
	}
	rows := c.table.Rows()
	return lookupext.Served{Modified: c.served.ModTime(), Rows: rows.Len(), Bytes: rows.Size(), Err: c.wrong}
}
