package sqllookup

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// errOutdated ends a call whose result has other columns than were described, before its first row is read.
var errOutdated = errors.New("the columns of the result have changed")

// errSurplus ends a call before it settles a key, if there are rows that belong to no key of the call. The database returns them
// for a reason: it may compare keys in another way by now.
var errSurplus = errors.New("there are rows that no key was asked for")

func isOutdated(err error) bool { return errors.Is(err, errOutdated) || errors.Is(err, errSurplus) }

// withoutMark is err for the caller, who knows no errOutdated: a schema that changes with each call is nobody's fault.
func withoutMark(err error) error {
	if isOutdated(err) {
		return &databaseError{message: "the columns of the result change while they are read", err: err}
	}
	return err
}

// internalError is the SQLSTATE with which PostgreSQL says, among others, that it does not find a type that was dropped.
const internalError = "XX000"

// mayBeOutdated reports whether a call can have failed because the schema is not as described. A database that was not
// reached, or gave up, says nothing about that.
func mayBeOutdated(err error) bool {
	if isOutdated(err) {
		return true
	}
	e, ok := errors.AsType[*databaseError](err)
	return ok && e.code != "" && (stages.ClassOf(err) != stages.Transient || e.code == internalError)
}

// learning lets one caller at a time describe a query again. Callers that wait share its result.
type learning struct {
	turn  chan struct{}
	mu    sync.Mutex
	begun uint64
	known uint64 // the latest begun that has succeeded
}

// now is a moment: what was begun later was learned later.
func (l *learning) now() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.begun
}

func (l *learning) begin() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun++
	return l.begun
}

func (l *learning) succeed(at uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known = at
}

func (l *learning) since(moment uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known > moment
}

// learnAgain has the database describe the query, unless another caller has done so since a moment. It returns the description
// that holds from now on: p itself if nothing has changed.
func (l *sqlLookup) learnAgain(ctx context.Context, p *prepared, arrived uint64) (*prepared, error) {
	select {
	case l.learning.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ended(ctx)
	}
	defer func() { <-l.learning.turn }()
	latest := l.described.Load()
	if latest != p || l.learning.since(arrived) {
		return latest, nil
	}
	at := l.learning.begin()
	fresh, err := l.describe(ctx)
	if err != nil {
		return nil, err
	}
	l.learning.succeed(at)
	sameKey := slices.Equal(fresh.types, p.types) && fresh.equality.String() == p.equality.String()
	if sameKey && fresh.signature == p.signature {
		return p, nil
	}
	if fresh.learned = p.learned; !sameKey {
		fresh.learned++
	}
	l.described.Store(fresh)
	return fresh, nil
}

// accept takes a result as it is, although err called it outdated: the database has just described the query so.
func (p *prepared) accept(err error) {
	if errors.Is(err, errSurplus) {
		p.surplus.Store(true)
	} else {
		p.vague.Store(true)
	}
}

// settled is attempt for what the database has just described.
func (p *prepared) settled(ctx context.Context, b *stages.Batch[lookup.Key, []byte], only []unfitKey) ([]unfitKey, error) {
	unfit, err := p.attempt(ctx, b, only)
	if errors.Is(err, errSurplus) {
		p.accept(err)
		unfit, err = p.attempt(ctx, b, only)
	}
	return unfit, err
}

// unfitKey is a key of a batch that does not fit the types.
type unfitKey struct {
	at  int
	err error
}

// attempt loads the keys of a batch, or only the keys that did not fit before. It returns the keys that do not fit the types.
func (p *prepared) attempt(ctx context.Context, b *stages.Batch[lookup.Key, []byte], only []unfitKey) ([]unfitKey, error) {
	if only == nil && !p.mustCheck(b.Keys) {
		return nil, p.load(ctx, b)
	}
	places := make([]int, 0, len(b.Keys)) // in b of the keys that are checked
	if only == nil {
		for i := range b.Keys {
			places = append(places, i)
		}
	}
	for _, u := range only {
		places = append(places, u.at)
	}
	return p.checked(ctx, b, places)
}

func (p *prepared) mustCheck(keys []lookup.Key) bool {
	return p.learned > 0 || slices.ContainsFunc(keys, lookupkey.IsUnchecked)
}

// checked loads the keys at some places of a batch as keys of the types. Different keys may be the same as such.
func (p *prepared) checked(ctx context.Context, b *stages.Batch[lookup.Key, []byte], places []int) ([]unfitKey, error) {
	var (
		unfit []unfitKey
		keys  []lookup.Key
		found = map[lookup.Key]int{} // in keys
		at    = make(map[int]int, len(places))
	)
	for _, i := range places {
		key, err := p.types.Check(b.Keys[i])
		switch {
		case errors.Is(err, stages.ErrNoKey):
			b.Set(i, stages.Result[[]byte]{})
			continue
		case err != nil:
			unfit = append(unfit, unfitKey{i, err})
			continue
		}
		n, known := found[key]
		if !known {
			n = len(keys)
			found[key], keys = n, append(keys, key)
		}
		at[i] = n
	}
	if len(keys) == 0 {
		return unfit, nil
	}
	inner := stages.NewBatch[lookup.Key, []byte](keys)
	err := p.load(ctx, inner)
	for range inner.Extra() {
		b.Put("", nil)
	}
	if err != nil {
		return unfit, err
	}
	for i, n := range at {
		switch r := inner.Result(n); r.State {
		case stages.Loaded:
			b.Set(i, stages.Result[[]byte]{Value: r.Value, State: stages.Loaded})
		case stages.Failed:
			b.Set(i, stages.Result[[]byte]{Err: r.Err, State: stages.Failed})
		default:
			b.Set(i, stages.Result[[]byte]{})
		}
	}
	return unfit, nil
}
