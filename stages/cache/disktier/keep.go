package disktier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// closeTime bounds Close: a disk that hangs must not hold up the end of a process.
const closeTime = 10 * time.Second

// start opens the folder's data.
func (t *tier) start() error {
	s, err := openStore(t.folder, t.below, t.cfg)
	if err == nil {
		t.store.Store(s)
	}
	return err
}

// keep gives the store up when it fails, and begins anew later, with nothing in it: it may have missed an
// invalidation meanwhile.
func (t *tier) keep() {
	defer close(t.closed)
	for {
		if s := t.store.Load(); s != nil {
			select {
			case <-s.failed:
				t.giveUp(s)
				continue
			case <-t.closing:
			}
		} else {
			select {
			case <-time.After(t.retryAfter):
				t.restart()
				continue
			case <-t.closing:
			}
		}
		t.stop()
		return
	}
}

func (t *tier) giveUp(s *store) {
	t.counts.failures.Add(1)
	t.warn("the disk cache failed and is given up; a new one is begun later", s.cause)
	if err := t.distrust(s.distrust); err != nil {
		t.warn("what the disk cache held cannot be removed: delete it before the next start, or it may serve what was invalidated meanwhile", err)
	}
	t.store.Store(nil) // Only now: an invalidation that finds no store relies on it.
	_ = s.close()      // It has failed already.
	if err := t.folder.Clean(); err != nil {
		t.warn("what the disk cache held cannot be removed", err)
	}
}

// distrust notes what kept the files from being removed.
func (t *tier) distrust(do func() error) error {
	err := do()
	if err != nil {
		t.residue.Store(&err)
	}
	return err
}

func (t *tier) restart() {
	err := t.folder.Renew()
	if err == nil { // Else what is there may be somebody else's, or what has missed an invalidation.
		err = t.start()
	}
	if err != nil {
		t.log.LogAttrs(context.Background(), slog.LevelDebug, "the disk still cannot be used for the cache", slog.Any("error", err))
		return
	}
	t.residue.Store(nil)
	t.log.LogAttrs(context.Background(), slog.LevelInfo, "the disk cache is in use again")
}

func (t *tier) stop() {
	if s := t.store.Swap(nil); s != nil {
		if err := s.close(); err != nil {
			t.warn("the disk cache was not closed well", err)
		}
	}
	if err := t.folder.Release(); err != nil {
		t.warn("the disk cache's lock is still held", err)
	}
}

// Close ends the tier. What it holds stays. Calls that are under way are waited for, 10 s at most.
func (t *tier) Close() error {
	t.close.Do(func() { close(t.closing) })
	timer := time.NewTimer(closeTime)
	defer timer.Stop()
	select {
	case <-t.closed:
		return nil
	case <-timer.C:
		return errors.New("disktier: the disk does not answer, it is left as it is")
	}
}

func (t *tier) warn(msg string, err error) {
	t.log.LogAttrs(context.Background(), slog.LevelWarn, msg, slog.Any("error", err)) //nolint:sloglint // Each caller's is a constant.
}

// distrustWithin is distrust, but does not wait for ever. Its error is errAway where that is done.
func (s *store) distrustWithin(limit time.Duration) error {
	done := make(chan error, 1)
	go func() { done <- s.distrust() }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("disktier: what is held cannot be removed: %w", err)
		}
		return errAway
	case <-timer.C:
		return errors.New("disktier: what is held cannot be removed: the disk does not answer")
	}
}
