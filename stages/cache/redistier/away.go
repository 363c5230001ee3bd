package redistier

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/loaderline/loaderline/internal/logattr"
	"github.com/loaderline/loaderline/stages/lookup"
)

const (
	firstTry = 200 * time.Millisecond
	lastTry  = 5 * time.Second
	// steady is how long Redis must have been there for the next tries to be quick again.
	steady = time.Minute
	// loadTimeouts is how many timeouts it may take to give a whole cluster the scripts, over new connections.
	loadTimeouts = 10
)

// lose notes that Redis is away, and what it has not been told. Where it is the caller who has ended the call, nothing
// is known of Redis.
func (t *tier) lose(ctx context.Context, err error, u untold) {
	// A socket's deadline can be noticed a moment before the context's, which is the same.
	if deadline, ok := ctx.Deadline(); ctx.Err() != nil || ok && !time.Now().Before(deadline) {
		return
	}
	t.warn(err)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.untold.add(u)
	if t.away {
		return
	}
	t.away = true
	t.gone <- time.Since(t.since) // There is room: tend has received the last before the tier was there again.
	t.since = time.Now()
}

// noteIfAway notes what Redis cannot be told now, and says why.
func (t *tier) noteIfAway(u untold) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return errClosed
	case t.away:
		t.untold.add(u)
		return errAway
	}
	return nil
}

// tend ends each absence, if it can, until ctx ends.
func (t *tier) tend(ctx context.Context) {
	defer close(t.done)
	tries := backoff.NewExponentialBackOff(backoff.WithInitialInterval(firstTry), backoff.WithMultiplier(2),
		backoff.WithMaxInterval(lastTry), backoff.WithMaxElapsedTime(0))
	for {
		select {
		case <-ctx.Done():
			return
		case lasted := <-t.gone:
			if lasted >= steady {
				tries.Reset()
			}
		}
		for there := false; !there; {
			select {
			case <-ctx.Done():
				return
			case <-time.After(tries.NextBackOff()):
			}
			there = t.attach(ctx) == nil
		}
	}
}

// attach gives Redis the scripts and tells it what it has missed, whereupon the tier is there.
func (t *tier) attach(ctx context.Context) error {
	if err := t.load(ctx); err != nil {
		t.warn(err)
		return err
	}
	for there := false; !there; {
		u := t.takeUntold()
		// Also where there is nothing to tell, Redis says its time and begins to count.
		if err := t.apply(ctx, u); err != nil {
			t.lose(ctx, err, u)
			return err
		}
		there = t.returnIfTold()
	}
	return nil
}

// load gives Redis the scripts.
func (t *tier) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, loadTimeouts*t.cfg.Redis.Timeout)
	defer cancel()
	if err := t.scripts.load(ctx, t.db); err != nil {
		return t.client.Explain(ctx, err)
	}
	return nil
}

// takeUntold gives what Redis has not been told to who tells it.
func (t *tier) takeUntold() untold {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.untold
	t.untold = untold{}
	return u
}

// returnIfTold ends the absence if nothing has come to tell meanwhile.
func (t *tier) returnIfTold() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.untold.empty() {
		return false
	}
	if t.reason != "" {
		t.cfg.Logger.Info("the cache in Redis is back", "tier", t.Name(), "after_seconds", logattr.Rounded(time.Since(t.since)))
	}
	t.away, t.since, t.reason = t.closed, time.Now(), ""
	return true
}

// warn logs once that Redis is unreachable, and again if Redis itself gives another reason.
func (t *tier) warn(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	said, ok := errors.AsType[lookup.Error](err)
	answered := ok && said.Code() != ""
	if reason := err.Error(); !t.closed && (t.reason == "" || answered && t.reason != reason) {
		t.reason = reason
		t.cfg.Logger.Warn("the cache in Redis is away; the sources are asked instead", "tier", t.Name(), "error", reason)
	}
}
