package disktier

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"

	"github.com/loaderline/loaderline/internal/pebblestore"
)

const (
	// bloomBits for each key make one of a hundred lookups of a key that is not there read a block.
	bloomBits = 10
	// blockBytes is a compromise: a lookup decompresses one block, and each block takes some index. BenchmarkMillion takes a
	// tenth longer with 4 KiB, and half longer with 2.
	blockBytes = 8 << 10
	// indexBytes has the index of a file in one block, or a lookup searches two.
	indexBytes = 128 << 10
	// Shares of the memory: of a memtable (there are four at most, and Pebble takes them from its block cache); of a
	// batch, which has to fit a memtable well; and of the largest value.
	memtableShare, memtables = 8, 4
	batchShare               = 4 * memtableShare
	valueShare               = 4

	// The first sorted level has this share of the bound, since it may be compacted as a whole.
	baseShare    = 16
	maxBaseBytes = 64 << 20
	// Files have this share of the bound, since a compaction takes room for about 25 of them.
	fileShare    = 512
	minFileBytes = 512 << 10
	maxOpenFiles = 2 * fileShare
	// stopWrites is how far the sorting of what is written may stay behind, in files to look into, before writes wait.
	stopWrites = 32
	// pebbleFormat is what Pebble writes. It never goes down, see Content.Format.
	pebbleFormat = pebble.FormatNewest
)

func (s *store) options(blocks *pebble.Cache, cfg Config) *pebble.Options {
	opts := &pebble.Options{
		FS:                          s.fs,
		Cache:                       blocks,
		FormatMajorVersion:          pebbleFormat,
		MemTableSize:                uint64(cfg.Memory / memtableShare),
		MemTableStopWritesThreshold: memtables,
		LBaseMaxBytes:               min(maxBaseBytes, cfg.MaxBytes/baseShare),
		L0StopWritesThreshold:       stopWrites,
		MaxOpenFiles:                maxOpenFiles,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 1 },
		Logger:                      pebblestore.Logger{Log: cfg.Logger, Fail: s.trip},
		EventListener: &pebble.EventListener{
			BackgroundError: s.trip,
			DataCorruption:  func(info pebble.DataCorruptionInfo) { s.trip(info.Details) },
		},
	}
	// A compaction of three levels at once takes too much room.
	opts.Experimental.MultiLevelCompactionHeuristic = pebble.NoMultiLevel{}
	opts.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionFastest })
	for i := range opts.Levels {
		opts.TargetFileSizes[i] = max(cfg.MaxBytes/fileShare, minFileBytes)
		opts.Levels[i].BlockSize = blockBytes
		opts.Levels[i].IndexBlockSize = indexBytes
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
	}
	return opts
}
