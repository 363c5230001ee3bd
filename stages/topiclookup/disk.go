package topiclookup

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loaderline/loaderline/internal/pebblestore"
	"github.com/loaderline/loaderline/stages/lookup"
)

// What keys of the files begin with.
const (
	placeKey byte = iota
	rowKey
	afterRows
)

const (
	bloomBits  = 10 // for each key
	blockBytes = 8 << 10
	indexBytes = 128 << 10
	// A memtable has this share of the memory, and the blocks that are cached what is left.
	memtableShare, minMemtable = 8, 1 << 20
)

// maxParts bounds the clients that share a directory.
const maxParts = 1000

// content is what the directory of a table holds.
var content = pebblestore.Content{Name: "table", Format: 1}

// disk is a store in files. A change and the place that it belongs to are written in one batch, so that a process that was killed
// finds a place with exactly what was applied until then.
type disk struct {
	version string
	folder  *pebblestore.Folder
	fs      *pebblestore.FuseFS
	db      *pebble.DB
	failed  atomic.Pointer[error] // the first failure
}

// storedPlace is a place with the version of what is stored.
type storedPlace struct {
	place
	Version string
}

// claim takes the first numbered directory below dir that nobody uses.
func claim(dir string) (*pebblestore.Folder, error) {
	for n := 1; ; n++ {
		folder, err := pebblestore.Claim(filepath.Join(dir, strconv.Itoa(n)), content)
		if n == maxParts || !errors.Is(err, pebblestore.ErrHeld) {
			return folder, err
		}
	}
}

// openDisk opens the table in a directory, or makes it. It gives up what cannot be read.
func openDisk(cfg Config) (store, error) {
	folder, err := claim(cfg.Dir)
	if err != nil {
		return nil, err
	}
	d := &disk{version: cfg.Version, folder: folder}
	if err := d.open(cfg); err != nil {
		again := errors.Join(folder.Distrust(), folder.Clean())
		if again == nil {
			again = d.open(cfg)
		}
		if again != nil {
			return nil, errors.Join(err, again, folder.Release())
		}
	}
	return d, nil
}

func (d *disk) open(cfg Config) error {
	d.failed.Store(nil)
	d.fs = &pebblestore.FuseFS{FS: vfs.Default, OnBlow: d.fail}
	return pebblestore.Guard(func() error {
		blocks := pebble.NewCache(cfg.MaxBytes)
		defer blocks.Unref()
		db, err := pebble.Open(d.folder.Data(), d.options(blocks, cfg))
		if err != nil {
			return err
		}
		d.db = db
		d.fs.Opened()
		if err := d.failure(); err != nil {
			return errors.Join(err, db.Close())
		}
		return nil
	})
}

func (d *disk) options(blocks *pebble.Cache, cfg Config) *pebble.Options {
	opts := &pebble.Options{
		FS: d.fs, Cache: blocks, FormatMajorVersion: pebble.FormatNewest,
		MemTableSize: uint64(max(cfg.MaxBytes/memtableShare, minMemtable)),
		Logger:       pebblestore.Logger{Log: cfg.Logger, Fail: d.fail},
		EventListener: &pebble.EventListener{
			BackgroundError: d.fail,
			DataCorruption:  func(info pebble.DataCorruptionInfo) { d.fail(info.Details) },
		},
	}
	opts.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionFastest })
	for i := range opts.Levels {
		opts.Levels[i].BlockSize, opts.Levels[i].IndexBlockSize = blockBytes, indexBytes
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
	}
	return opts
}

// fail ends the use of the files.
func (d *disk) fail(err error) {
	d.failed.CompareAndSwap(nil, &err)
	d.fs.Blow()
}

func (d *disk) failure() error {
	if err := d.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// guard does something with the files, and returns what failed.
func (d *disk) guard(do func() error) error {
	if err := d.failure(); err != nil {
		return err
	}
	return cmp.Or(pebblestore.Guard(do), d.failure())
}

// get looks keys up in their order on disk, so that neighbours are read once.
func (d *disk) get(keys []lookup.Key, found func(i int, stored []byte)) error {
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(keys[a], keys[b]) })
	return d.guard(func() (err error) {
		it, err := d.db.NewIter(&pebble.IterOptions{LowerBound: []byte{rowKey}, UpperBound: []byte{afterRows}})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, it.Close()) }()
		var at []byte
		for _, i := range order {
			at = append(append(at[:0], rowKey), keys[i]...)
			if !it.SeekPrefixGE(at) {
				continue
			}
			stored, err := it.ValueAndErr()
			if err != nil {
				return err
			}
			found(i, bytes.Clone(stored))
		}
		return it.Error()
	})
}

func (d *disk) prepare(changes []change, at place) (commit func() error, err error) {
	written, err := json.Marshal(storedPlace{at, d.version})
	if err != nil {
		return nil, err
	}
	batch := d.db.NewBatch()
	var key []byte
	for i := range changes {
		c := &changes[i]
		key = append(append(key[:0], rowKey), c.key...)
		if c.row == nil {
			err = batch.Delete(key, nil)
		} else {
			err = batch.Set(key, c.row, nil)
		}
		if err != nil {
			return nil, errors.Join(err, batch.Close())
		}
	}
	if err := batch.Set([]byte{placeKey}, written, nil); err != nil {
		return nil, errors.Join(err, batch.Close())
	}
	return func() error {
		return d.guard(func() error { return errors.Join(batch.Commit(pebble.NoSync), batch.Close()) })
	}, nil
}

func (d *disk) each(do func(key, stored []byte) error) error {
	return d.guard(func() (err error) {
		it, err := d.db.NewIter(&pebble.IterOptions{LowerBound: []byte{rowKey}, UpperBound: []byte{afterRows}})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, it.Close()) }()
		for ok := it.First(); ok; ok = it.Next() {
			stored, err := it.ValueAndErr()
			if err != nil {
				return err
			}
			if err := do(it.Key()[1:], stored); err != nil {
				return err
			}
		}
		return it.Error()
	})
}

func (d *disk) clear() error {
	return d.guard(func() error { return d.db.DeleteRange([]byte{placeKey}, []byte{afterRows}, pebble.Sync) })
}

// place is that of the files, and zero for files of another version.
func (d *disk) place() (at place, err error) {
	err = d.guard(func() error {
		written, closer, err := d.db.Get([]byte{placeKey})
		if errors.Is(err, pebble.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		defer func() { _ = closer.Close() }()
		var stored storedPlace
		if err := json.Unmarshal(written, &stored); err != nil {
			return err
		}
		if stored.Version == d.version {
			at = stored.place
		}
		return nil
	})
	return at, err
}

func (d *disk) size() (keys, bytes int64) {
	return unknownKeys, int64(d.db.Metrics().DiskSpaceUsage())
}

// close closes the files, and gives up those that failed: the next process reads the topic from its start.
func (d *disk) close() error {
	err := pebblestore.Guard(d.db.Close)
	if d.failure() != nil {
		err = errors.Join(d.folder.Distrust(), d.folder.Clean())
	}
	return errors.Join(err, d.folder.Release())
}
