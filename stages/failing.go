package stages

import (
	"errors"
	"sync"
	"time"
)

const (
	// failingAfter is how long the calls of a loader fail before OnFailing: a failure that the next try fixes is no
	// news.
	failingAfter = time.Second
	// failingStale is how long a failure is news. After it, a loader may have no keys to ask for, and learn nothing
	// more.
	failingStale = time.Minute
)

// failing knows the loaders of a backend whose calls have failed for a while, without an answer in between.
type failing struct {
	mu      sync.Mutex
	loaders map[string]*trouble
}

// trouble is how the calls of a loader have ended.
type trouble struct {
	answered time.Time // when the last answer came
	since    time.Time // when the first of the calls began that have failed since; zero where none has
	latest   time.Time // when the last of them failed
	said     bool
}

// note takes the outcome of a call that began at a time: errUndecided says nothing.
func (b *Backend) note(loader string, began time.Time, err error) {
	if errors.Is(err, errUndecided) {
		return
	}
	since, said := b.failing.note(loader, began, err)
	if !said || b.cfg.OnFailing == nil {
		return
	}
	if answered(err) {
		err = nil
	}
	b.cfg.OnFailing(loader, since, err)
}

// note returns since when the loader's calls fail or have failed, and whether to report that now.
func (f *failing) note(loader string, began time.Time, err error) (since time.Time, say bool) {
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.loaders[loader]
	if t == nil {
		if f.loaders == nil {
			f.loaders = map[string]*trouble{}
		}
		t = &trouble{}
		f.loaders[loader] = t
	}
	if answered(err) {
		since, say = t.since, t.said
		*t = trouble{answered: now}
		return since, say
	}
	if t.since.IsZero() {
		t.since = began
		if t.answered.After(began) {
			t.since = t.answered
		}
	}
	t.latest = now
	say = !t.said && now.Sub(t.since) >= failingAfter
	t.said = t.said || say
	return t.since, say
}

// pinged notes that the backend does not answer a ping either: what has failed is still news.
func (f *failing) pinged(err error) {
	if err == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.loaders {
		if t.said {
			t.latest = time.Now()
		}
	}
}

// since is when the first failure of the loaders that fail now began; zero if none fails.
func (f *failing) since() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	var first time.Time
	for _, t := range f.loaders {
		if t.said && time.Since(t.latest) < failingStale && (first.IsZero() || t.since.Before(first)) {
			first = t.since
		}
	}
	return first
}
