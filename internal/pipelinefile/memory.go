package pipelinefile

import (
	"strings"

	"github.com/dustin/go-humanize"
)

// ProcessMemory is the part of memory for what the Go runtime does not count: mostly the pages of the program. Measured were 31 to 38 MiB
// beside the limit of the runtime.
const ProcessMemory = 48 * mib

const (
	// tableShare and cacheShare are the parts of the rest that tables and the cache have.
	tableShare = 4
	cacheShare = 4
	// garbage is how much more a worker may allocate before the collector runs.
	garbage = 2
	// leastOfWorker is the least that a worker can do with.
	leastOfWorker = 4 * mib

	// What a worker has is for the events of a transaction, and what is fetched ahead (fetched); for their outputs (published); and for the
	// records and rows of each, which are many times an event (bytesARecord, in four micro-batches).
	fetched       = 8
	published     = 2
	bytesARecord  = 16 * kib
	fewestRecords = 100
	leastFetch    = 256 * kib
)

// shareMemory derives the parts of memory that the file does not set by hand.
func (c *checker) shareMemory() {
	f := c.file
	if !c.Valid("memory") {
		return
	}
	d := division{fixed: ProcessMemory, workers: int64(f.Workers)}
	parts := []string{"the process has " + humanize.IBytes(ProcessMemory)}
	say := func(key string, bytes int64) { parts = append(parts, key+" is "+humanize.IBytes(uint64(bytes))) }
	take := func(key string, bytes int64) {
		d.fixed += bytes
		say(key, bytes)
	}
	if f.Cache.Disk != nil {
		take("cache.disk.memory", f.Cache.Disk.Memory)
	}
	derived := c.tables(take)
	d.tables = int64(len(derived))
	if c.Has("cache.memory") {
		take("cache.memory", f.Cache.Memory)
		d.cacheSet = true
	}
	table, cache, worker := d.of(f.Memory)
	for _, t := range derived {
		*t.Bytes = table
		say(t.Key, table)
	}
	if !d.cacheSet {
		f.Cache.Memory = cache
		say("cache.memory", cache)
	}
	if worker < leastOfWorker {
		c.Fail("memory", "%s is too little: %s, and workers need %s each; write at least %dMiB, or fewer workers",
			c.Scalar("memory"), strings.Join(parts, ", "), humanize.IBytes(garbage*leastOfWorker), d.least()/mib)
		return
	}
	if !c.Has("batch.max_bytes") {
		f.Batch.MaxBytes = min(max(worker/fetched, leastFetch), f.Batch.MaxBytes)
	}
	if !c.Has("batch.max_records") {
		f.Batch.MaxRecords = min(max(int(worker/bytesARecord), fewestRecords), f.Batch.MaxRecords)
	}
	f.Batch.MaxOutput = worker / published
}

// division says what shares the memory of a process.
type division struct {
	fixed    int64 // what is taken off first
	tables   int64 // the number of those whose memory is derived
	cacheSet bool  // the cache is in fixed
	workers  int64
}

// of divides a number of bytes: what each table has, the cache, and what a worker may have in use.
func (d division) of(bytes int64) (table, cache, worker int64) {
	rest := bytes - d.fixed
	if d.tables > 0 {
		table = max(rest/tableShare/d.tables, mib)
		rest -= d.tables * table
	}
	if !d.cacheSet {
		cache = max(rest/cacheShare, mib)
		rest -= cache
	}
	return table, cache, rest / garbage / d.workers
}

// least returns the fewest bytes, in whole MiB, with which each worker has enough.
func (d division) least() int64 {
	bytes := d.fixed / mib * mib
	for {
		if _, _, worker := d.of(bytes); worker >= leastOfWorker {
			return bytes
		}
		bytes += mib
	}
}

// TableMemory is the most memory of a source that is a table, and the key that sets it.
type TableMemory struct {
	Key   string
	Bytes *int64
}

// TableMemory returns false for a source whose rows are not in memory, or in the file itself.
func (s *Source) TableMemory() (TableMemory, bool) {
	switch {
	case s.Topic != nil:
		return TableMemory{"sources." + s.Name + ".topic.memory", &s.Topic.Memory}, true
	case s.File != nil:
		return TableMemory{"sources." + s.Name + ".file.max_bytes", &s.File.MaxBytes}, true
	default:
		return TableMemory{}, false
	}
}

// tables takes the memory of tables that the file sets, and returns that of the others.
func (c *checker) tables(take func(key string, bytes int64)) (derived []TableMemory) {
	for i := range c.file.Sources {
		table, is := c.file.Sources[i].TableMemory()
		switch {
		case !is:
		case c.Has(table.Key):
			take(table.Key, *table.Bytes)
		default:
			derived = append(derived, table)
		}
	}
	return derived
}
