package redislookup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/redisconn"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// The kinds of values.
const (
	// String is a string of Redis, which becomes a JSON string.
	String = "string"
	// JSON is a string of Redis that holds JSON.
	JSON = "json"
	// Hash is a hash of Redis, which becomes an object of strings.
	Hash = "hash"
)

// Query reads the values of many keys at once. The zero value of each field but Key is its default.
type Query struct {
	// Name names the stage in errors. Defaults to "lookup".
	Name string
	// Key is the Redis key, with $key for the lookup's key: user:$key. A composite key has $key for each part in order. What
	// stands between them should be in no part, or two keys can be one. Braces stay as they are, so a cluster keeps
	// {user:$key}:profile and {user:$key}:orders in one slot.
	Key string
	// KeyType names the types of the key's parts, one of those in package lookup each. Defaults to text for one part.
	KeyType []string
	// Kind is String, JSON or Hash. Defaults to String.
	Kind string
	// Many reports whether each value is a list, of kind JSON. A value that is no list fails its key.
	Many bool
}

// redisLookup is a Query that was checked.
type redisLookup struct {
	client   *client
	kind     kind
	types    lookupkey.Types
	template template
}

var (
	_ lookup.Lookup   = (*redisLookup)(nil)
	_ lookupext.Typed = (*redisLookup)(nil)
)

// Lookup implements lookup.Client.
func (c *client) Lookup(_ context.Context, q Query) (lookup.Lookup, error) {
	if q.Name == "" {
		q.Name = "lookup"
	}
	l, err := c.compile(q)
	if err != nil {
		return nil, fmt.Errorf("stage %s: %w", q.Name, stages.WithClass(redisconn.NewError("", err.Error(), err), stages.Fatal))
	}
	return l, nil
}

func (c *client) compile(q Query) (*redisLookup, error) {
	l := &redisLookup{client: c}
	var kindErr, keyErr error
	if l.kind, kindErr = kindOf(q.Kind); q.Many && kindErr == nil {
		if q.Kind != JSON {
			kindErr = fmt.Errorf("many wants lists, which only values of kind %s can be", JSON)
		}
		l.kind.render = asString(renderList)
	}
	for _, name := range q.KeyType {
		t, err := lookupkey.ParseType(name)
		if err != nil {
			return nil, errors.Join(kindErr, err)
		}
		l.types = append(l.types, t)
	}
	if len(l.types) == 0 {
		l.types = lookupkey.Types{lookupkey.Text}
	}
	l.template, keyErr = parseTemplate(q.Key, len(l.types))
	return l, errors.Join(kindErr, keyErr)
}

// Key implements lookup.Lookup.
func (l *redisLookup) Key(parts ...[]byte) (lookup.Key, error) { return l.types.Key(parts...) }

// Types implements lookupext.Typed.
func (l *redisLookup) Types() lookupkey.Types { return slices.Clone(l.types) }

// Load asks for all keys, which must be canonical by Types, in one pipeline for each server. An error of the whole call
// is a classified lookup.Error. After it, values that arrived before the connection broke stay unsettled too.
func (l *redisLookup) Load(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	if len(b.Keys) == 0 {
		return nil
	}
	pipe := l.client.Redis().Pipeline()
	commands := make([]redis.Cmder, len(b.Keys))
	for i, e := 0, (expander{template: l.template}); i < len(b.Keys); i++ {
		commands[i] = l.kind.ask(ctx, pipe, e.redisKey(b.Keys[i]))
	}
	var first error
	if err := l.client.Do(ctx, func(ctx context.Context) { _, first = pipe.Exec(ctx) }); err != nil {
		return err
	}
	if first != nil && !slices.ContainsFunc(commands, func(c redis.Cmder) bool { return c.Err() != nil }) {
		// A login that was refused, for one, never comes to the commands, which look answered.
		return l.client.Explain(ctx, first)
	}
	var failure error
	for i, command := range commands {
		if err := l.settle(ctx, b, i, command); err != nil && (failure == nil || stages.ClassOf(err) == stages.Fatal) {
			failure = err
		}
	}
	return failure
}

// settle settles the i-th key, or says why the whole call has failed.
func (l *redisLookup) settle(ctx context.Context, b *stages.Batch[lookup.Key, []byte], i int, command redis.Cmder) error {
	err := command.Err()
	if err == nil {
		value, found, bad := l.kind.render(command)
		switch {
		case bad != nil:
			b.Set(i, stages.Result[[]byte]{Err: stages.WithClass(bad, stages.Permanent), State: stages.Failed})
		case found:
			b.Set(i, stages.Result[[]byte]{Value: value, State: stages.Loaded})
		default:
			b.Set(i, stages.Result[[]byte]{})
		}
		return nil
	}
	if errors.Is(err, redis.Nil) {
		b.Set(i, stages.Result[[]byte]{})
		return nil
	}
	if redisconn.CodeOf(err) == "WRONGTYPE" {
		b.Set(i, stages.Result[[]byte]{Err: stages.WithClass(redisconn.NewError("WRONGTYPE", "the Redis key holds no "+l.kind.holds, err), stages.Permanent), State: stages.Failed})
		return nil
	}
	return l.client.Explain(ctx, err)
}
