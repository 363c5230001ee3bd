package topiclookup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/topicfollow"
	"github.com/loaderline/loaderline/stages/lookup"
)

const (
	// patience is how long a lookup waits for the table.
	patience = time.Second
	// The ends of the topic are looked at every maxLook, or as often as it takes to stay within MaxStaleness.
	maxLook, minLook = 2 * time.Second, 50 * time.Millisecond
	looks            = 4 // within MaxStaleness
)

// table is a topic as it is read by one goroutine, run. It is safe for concurrent use.
type table struct {
	cfg      Config
	types    lookupkey.Types
	follower *topicfollow.Follower

	// lock is held for reading by lookups, and for writing while rows change.
	lock sync.RWMutex
	rows store // nil before run and after close
	// filling says that rows are missing, since the topic is read from its start.
	filling bool
	changes atomic.Uint64
	skipped atomic.Uint64

	state state

	started sync.Once
	cancel  context.CancelFunc
	group   sync.WaitGroup
	reader  reader // of run alone
}

// state is what lookups wait for.
type state struct {
	mu      sync.Mutex
	known   topicfollow.Status
	trouble error // why the topic cannot be read at present
	failed  error // why the table cannot be used any more
	news    chan struct{}
}

// change changes the state under its lock, and lets everybody know who waits.
func (s *state) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
	close(s.news)
	s.news = make(chan struct{})
}

func newTable(cfg Config, types lookupkey.Types) *table {
	t := &table{cfg: cfg, types: types, filling: true, cancel: func() {}}
	t.state.news = make(chan struct{})
	t.state.known = topicfollow.Status{Waiting: true, Behind: -1}
	every := maxLook
	if cfg.MaxStaleness > 0 {
		every = max(min(maxLook, cfg.MaxStaleness/looks), minLook)
	}
	t.reader.table = t
	kafka := cfg.Kafka
	kafka.Logger = nil // The table says itself what is wrong.
	t.follower = topicfollow.New(topicfollow.Config{
		Kafka: kafka, Handler: &t.reader, Every: every, OnTrouble: t.reader.trouble, OnStatus: t.reader.noted,
	})
	return t
}

// start begins to read the topic, once.
func (t *table) start() {
	t.started.Do(func() {
		ctx, cancel := context.WithCancel(context.Background())
		t.cancel = cancel
		t.group.Go(func() { t.run(ctx) })
	})
}

// run reads the topic until ctx ends or the table cannot be used any more.
func (t *table) run(ctx context.Context) {
	if _, err := kafkaadmin.Options(t.cfg.Kafka); err != nil {
		t.fail(ctx, fatal(err, "topic %s: %v", t.cfg.Topic, err))
		return
	}
	rows, err := openStore(t.cfg)
	if err != nil {
		t.fail(ctx, fatal(err, "topic %s: its table on disk cannot be opened: %v", t.cfg.Topic, err))
		return
	}
	t.lock.Lock()
	t.rows = rows
	t.lock.Unlock()
	if err := t.follower.Run(ctx); err != nil {
		t.fail(ctx, err)
	}
}

// fail ends the use of the table.
func (t *table) fail(ctx context.Context, err error) {
	t.cfg.Logger.LogAttrs(ctx, slog.LevelError, "the table cannot be used any more", slog.Any("error", err))
	t.state.change(func() { t.state.failed = err })
}

// close ends the reading, and closes the store.
func (t *table) close() error {
	t.started.Do(func() {}) // It does not start any more.
	t.cancel()
	t.group.Wait()
	t.lock.Lock()
	defer t.lock.Unlock()
	if t.rows == nil {
		return nil
	}
	rows := t.rows
	t.rows = nil
	return rows.close()
}

// load calls found for each key that has a row, with what is stored for it, once that may be seen.
func (t *table) load(ctx context.Context, keys []lookup.Key, found func(i int, stored []byte)) error {
	for {
		if err := t.await(ctx); err != nil {
			return err
		}
		if complete, err := t.get(keys, found); complete || err != nil {
			return err
		}
	}
}

// get is load, and reports false if the table has been emptied since the wait for it ended.
func (t *table) get(keys []lookup.Key, found func(i int, stored []byte)) (complete bool, err error) {
	t.lock.RLock()
	defer t.lock.RUnlock()
	switch {
	case t.rows == nil:
		return false, fatal(nil, "topic %s: the table is closed", t.cfg.Topic)
	case t.filling:
		return false, nil
	}
	if err := t.rows.get(keys, found); err != nil {
		return false, fatal(err, "topic %s: the table on disk cannot be read", t.cfg.Topic)
	}
	return true, nil
}

// await waits until a lookup may begin, but not for long.
func (t *table) await(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return &tableError{"the lookup was given up", err}
	}
	t.start()
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return t.wait(limited, func(err error) error {
		return &tableError{fmt.Sprintf("topic %s %v", t.cfg.Topic, err), context.Cause(ctx)}
	})
}

// ping waits as long as ctx lasts, or until the topic cannot be read.
func (t *table) ping(ctx context.Context) error {
	t.start()
	return t.wait(ctx, func(err error) error {
		t.state.mu.Lock()
		defer t.state.mu.Unlock()
		if trouble := t.state.trouble; trouble != nil {
			return &tableError{fmt.Sprintf("topic %s: %v", t.cfg.Topic, trouble), trouble}
		}
		return &tableError{fmt.Sprintf("topic %s %v", t.cfg.Topic, err), context.Cause(ctx)}
	})
}

// wait waits until nothing keeps a lookup from beginning. If it gives up, gaveUp makes the error of the reason.
func (t *table) wait(ctx context.Context, gaveUp func(error) error) error {
	for {
		t.state.mu.Lock()
		why, failed, trouble, news := t.state.notReady(t.cfg.MaxStaleness), t.state.failed, t.state.trouble, t.state.news
		t.state.mu.Unlock()
		switch {
		case failed != nil:
			return failed
		case why == nil:
			return nil
		case trouble != nil:
			return gaveUp(why)
		}
		select {
		case <-news:
		case <-ctx.Done():
			return gaveUp(why)
		}
	}
}

// notReady returns why a lookup has to wait, which continues a sentence about the topic; nil if it need not. s.mu is held.
func (s *state) notReady(maxStaleness time.Duration) error {
	switch stale := time.Since(s.known.Current); {
	case s.known.Waiting && s.known.Behind < 0:
		return errors.New("has not been read yet")
	case s.known.Waiting:
		return fmt.Errorf("is being read: %s", progress(s.known))
	case maxStaleness > 0 && stale > maxStaleness:
		return fmt.Errorf("is %s ahead of its table, more than max_staleness, %s", stale.Round(time.Millisecond), maxStaleness)
	}
	return nil
}

// progress says how much of a topic has been read.
func progress(s topicfollow.Status) string {
	return fmt.Sprintf("%d of %s to go", s.Behind, plural.Count(int(s.Total), "record"))
}

func (t *table) status() lookupext.TableStatus {
	t.state.mu.Lock()
	known := t.state.known
	t.state.mu.Unlock()
	s := lookupext.TableStatus{
		Waiting: known.Waiting, Behind: known.Behind, Total: known.Total, Lag: known.Lag[t.cfg.Topic], Current: known.Current, Skipped: t.skipped.Load(),
	}
	t.lock.RLock()
	defer t.lock.RUnlock()
	if t.rows != nil {
		s.Keys, s.Bytes = t.rows.size()
	}
	return s
}
