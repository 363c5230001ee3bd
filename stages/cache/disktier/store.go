package disktier

import (
	"encoding/binary"
	"errors"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/pebblestore"
)

// store is one opening of a folder's data. It ends with its first failure.
type store struct {
	db       *pebble.DB
	fs       *pebblestore.FuseFS
	maxBytes int64
	maxValue int // bytes
	batch    int // bytes of a batch

	// broken says that nothing is to be read any more.
	broken atomic.Bool
	// failed is closed after the first failure, which is cause.
	failed chan struct{}
	cause  error
	fail   sync.Once
	// distrust is done before anybody is told of an invalidation that could not be written.
	distrust func() error

	// using is held by whoever uses db, and by close.
	using sync.RWMutex
	// writing orders all writes.
	writing   sync.Mutex
	positions map[cachetier.Partition]int64 // guarded by writing
	unswept   int64                         // bytes written since the last look at the files' size; guarded by writing

	bytes   atomic.Int64 // the files' size, at the last look
	sweep   chan struct{}
	ended   chan struct{}
	sweeper sync.WaitGroup
}

// openStore opens the data in dir, or makes it. It does not panic, whatever Pebble does.
func openStore(folder *pebblestore.Folder, below vfs.FS, cfg Config) (*store, error) {
	s := &store{
		maxBytes: cfg.MaxBytes, maxValue: int(cfg.Memory / valueShare), batch: int(cfg.Memory / batchShare),
		failed: make(chan struct{}), distrust: sync.OnceValue(folder.Distrust),
		positions: map[cachetier.Partition]int64{}, sweep: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	s.fs = &pebblestore.FuseFS{FS: below, OnBlow: s.trip}
	if err := pebblestore.Guard(func() error { return s.open(folder.Data(), cfg) }); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *store) open(dir string, cfg Config) (err error) {
	blocks := pebble.NewCache(cfg.Memory)
	defer blocks.Unref()
	db, err := pebble.Open(dir, s.options(blocks, cfg))
	if err != nil {
		return err
	}
	s.db = db
	s.fs.Opened()
	if err = s.readPositions(); err == nil && s.broken.Load() {
		err = pebblestore.ErrBlown
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	s.measure()
	s.sweeper.Add(1)
	go s.sweepLoop()
	return nil
}

// trip ends the use of s after a failure.
func (s *store) trip(err error) {
	s.broken.Store(true)
	s.fs.Blow()
	s.fail.Do(func() {
		s.cause = err
		close(s.failed)
	})
}

// close waits for those who use s.
func (s *store) close() error {
	s.broken.Store(true)
	close(s.ended)
	s.using.Lock() // Not unlocked: nobody uses s again.
	s.sweeper.Wait()
	return pebblestore.Guard(s.db.Close)
}

func (s *store) readPositions() (err error) {
	lower := []byte{positionKey}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for ok := it.First(); ok; ok = it.Next() {
		p, err := decodePosition(it.Key(), it.Value())
		if err != nil {
			return err
		}
		s.positions[cachetier.Partition{Topic: p.Topic, Partition: p.Partition}] = p.Offset
	}
	return nil
}

// measure looks at the files' size.
func (s *store) measure() { s.bytes.Store(int64(s.db.Metrics().DiskSpaceUsage())) }

// write commits a batch. With handOver the operating system has it, and everything before it, when write returns.
// The caller holds writing.
func (s *store) write(b *pebble.Batch, handOver bool) error {
	s.unswept += int64(b.Len())
	opts := pebble.NoSync
	if handOver {
		opts = pebble.Sync // See pebblestore.FuseFS: it does not wait for the disk.
	}
	return b.Commit(opts)
}

func (s *store) savePositions(positions []cachetier.Position) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	b := s.db.NewBatch()
	defer func() { _ = b.Close() }()
	raised := map[cachetier.Partition]int64{}
	for _, p := range positions {
		id := cachetier.Partition{Topic: p.Topic, Partition: p.Partition}
		offset, ok := raised[id]
		if !ok {
			offset, ok = s.positions[id]
		}
		if ok && p.Offset <= offset {
			continue
		}
		raised[id] = p.Offset
		if err := b.Set(appendPosition(nil, p), binary.BigEndian.AppendUint64(nil, uint64(p.Offset)), nil); err != nil {
			return err
		}
	}
	if err := s.write(b, true); err != nil {
		return err
	}
	maps.Copy(s.positions, raised)
	return nil
}

func (s *store) savedPositions() []cachetier.Position {
	s.writing.Lock()
	defer s.writing.Unlock()
	positions := make([]cachetier.Position, 0, len(s.positions))
	for id, offset := range s.positions {
		positions = append(positions, cachetier.Position{Topic: id.Topic, Partition: id.Partition, Offset: offset})
	}
	return positions
}
