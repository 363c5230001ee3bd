package disktier

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/loaderline/loaderline/internal/pebblestore"
)

const (
	// sweepEvery is how often what has ended is removed.
	sweepEvery = 10 * time.Second
	// sweepRows are removed in one hold of the writers' lock.
	sweepRows = 512
	// From highShare of the bound on room is made, down to lowShare.
	highShare, lowShare = 0.55, 0.45
	// At fullShare nothing more is kept. The rest is for the log and what compactions take for a while.
	fullShare = 0.65
	// lookShare of the bound is written at most between two looks at the files' size.
	lookShare = 64
	// pieceShare of the bound is compacted at a time to make room.
	pieceShare = 32
)

// room reports whether more may be written, and asks for a sweep where there is little. The caller holds writing.
func (s *store) room() bool {
	if s.unswept > s.maxBytes/lookShare {
		s.unswept = 0
		s.measure()
		if s.bytes.Load() > s.share(highShare) {
			select {
			case s.sweep <- struct{}{}:
			default: // One is asked for already.
			}
		}
	}
	return s.bytes.Load() < s.share(fullShare)
}

func (s *store) share(of float64) int64 { return int64(of * float64(s.maxBytes)) }

// sweepLoop removes what has ended, and what ends soonest where there is no room, until the store is closed.
func (s *store) sweepLoop() {
	defer s.sweeper.Done()
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-s.ended:
			return
		case <-s.sweep:
		case <-ticker.C:
		}
		if !s.using.TryRLock() {
			return // It is being closed.
		}
		err := pebblestore.Guard(s.sweepOnce)
		s.using.RUnlock()
		if err != nil {
			s.trip(err)
			return
		}
	}
}

func (s *store) sweepOnce() error {
	if err := s.removeEnding(endsBefore(time.Now().UnixNano()), 1<<63-1); err != nil {
		return err
	}
	s.measure()
	excess := s.bytes.Load() - s.share(lowShare)
	if s.bytes.Load() <= s.share(highShare) {
		return nil
	}
	if err := s.removeEnding([]byte{endKey + 1}, excess); err != nil {
		return err
	}
	// Without this the room would come with later compactions only, and more would be removed meanwhile.
	return s.compact()
}

// compact gives back the room of what was removed. It does so in pieces, since each needs additional room meanwhile. It
// ends early when the store is closed.
func (s *store) compact() error {
	if err := s.db.Flush(); err != nil {
		return err
	}
	borders, err := s.borders()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-s.ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	for i := range len(borders) - 1 {
		err := s.db.Compact(ctx, borders[i], borders[i+1], false)
		s.measure()
		switch {
		case errors.Is(err, context.Canceled):
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// borders divide the keys into pieces that take about pieceShare of the bound each.
func (s *store) borders() ([][]byte, error) {
	levels, err := s.db.SSTables()
	if err != nil {
		return nil, err
	}
	tables := slices.Concat(levels...)
	slices.SortFunc(tables, func(a, b pebble.SSTableInfo) int { return bytes.Compare(a.Smallest.UserKey, b.Smallest.UserKey) })
	borders, size := [][]byte{{0}}, uint64(0)
	for _, t := range tables {
		if size += t.Size; size > uint64(s.maxBytes/pieceShare) && bytes.Compare(t.Smallest.UserKey, borders[len(borders)-1]) > 0 {
			borders, size = append(borders, t.Smallest.UserKey), t.Size
		}
	}
	return append(borders, []byte{afterKeys}), nil
}

// removeEnding removes the entries with ends before a key, soonest first, until it has removed so many bytes.
func (s *store) removeEnding(before []byte, bytes int64) error {
	for bytes > 0 && !s.broken.Load() {
		n, more, err := s.removeEndingSome(before)
		if err != nil || !more {
			return err
		}
		bytes -= n
	}
	return nil
}

func (s *store) removeEndingSome(before []byte) (removed int64, more bool, err error) {
	// Held throughout, so that no entry is set anew between the look at it and its removal.
	s.writing.Lock()
	defer s.writing.Unlock()
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{endKey}, UpperBound: before})
	if err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	b := s.db.NewBatch()
	defer func() { err = errors.Join(err, b.Close()) }()
	rows, first, last := 0, []byte(nil), []byte(nil)
	for ok := it.First(); ok && rows < sweepRows; ok = it.Next() {
		if rows++; rows == 1 {
			first = slices.Clone(it.Key())
		}
		last = append(last[:0], it.Key()...)
		n, err := s.removeIfEnds(b, it.Key())
		if err != nil {
			return 0, false, err
		}
		removed += n
	}
	if err := it.Error(); err != nil || rows == 0 {
		return 0, false, err
	}
	if err := b.DeleteRange(first, append(last, 0), nil); err != nil {
		return 0, false, err
	}
	return removed, rows == sweepRows, s.write(b, false)
}

// removeIfEnds removes an entry that ends when the row says, and gives its bytes. It does not where the entry was
// replaced.
func (s *store) removeIfEnds(b *pebble.Batch, row []byte) (int64, error) {
	if len(row) < endPrefixBytes+prefixBytes {
		return 0, errMalformed
	}
	key := row[endPrefixBytes:]
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	size := len(value)
	until, err := untilOf(value)
	if err := errors.Join(err, closer.Close()); err != nil {
		return 0, err
	}
	if !slices.Equal(appendEnd(nil, until, nil), row[:endPrefixBytes]) {
		return 0, nil
	}
	return int64(len(key) + size), b.DeleteSized(key, uint32(size), nil)
}
