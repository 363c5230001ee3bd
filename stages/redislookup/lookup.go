package redislookup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// The kinds of values.
const (
	String = "string" // a string, as a JSON string
	JSON   = "json"   // a string that holds JSON
	Hash   = "hash"   // a hash, as an object of strings
)

// Query is one bulk lookup.
type Query struct {
	// Name is the stage's name, for errors. Defaults to "lookup".
	Name string
	// Key is the Redis key, with $key for the lookup's key: user:$key. A composite key has $key for each part in order; what
	// stands between them should be in no part, or two keys can be one. Other braces are as they are: a
	// cluster keeps {user:$key}:profile and {user:$key}:orders in one slot.
	Key string
	// KeyType says the types of the key's parts (see package lookup). Defaults to text for one part.
	KeyType []string
	// Kind is String, JSON or Hash. Defaults to String.
	Kind string
	// Many wants a list of each value, which must be JSON. Another value fails its key.
	Many bool
}

// Lookup is a Query that was checked. It is a lookup.Source and safe for concurrent use.
type Lookup struct {
	client   *Client
	kind     kind
	types    lookupkey.Types
	template template
}

// Lookup checks a query without asking the server. Its error is fatal by stages.ClassOf and names the stage.
func (c *Client) Lookup(q Query) (*Lookup, error) {
	if q.Name == "" {
		q.Name = "lookup"
	}
	l, err := c.compile(q)
	if err != nil {
		return nil, fmt.Errorf("stage %s: %w", q.Name, invalid(err))
	}
	return l, nil
}

func (c *Client) compile(q Query) (*Lookup, error) {
	l := &Lookup{client: c}
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

// Types are the types of the key's parts, for Types.Canonical.
func (l *Lookup) Types() lookupkey.Types { return slices.Clone(l.types) }

// Load asks for all keys, which must be canonical by Types, in one pipeline for each server. An error of the whole
// call is an *Error, classified; it leaves open also the values that had come before the connection broke.
func (l *Lookup) Load(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	if len(b.Keys) == 0 {
		return nil
	}
	pipe := l.client.redis.Pipeline()
	commands := make([]redis.Cmder, len(b.Keys))
	for i, e := 0, (expander{template: l.template}); i < len(b.Keys); i++ {
		commands[i] = l.kind.ask(ctx, pipe, e.redisKey(b.Keys[i]))
	}
	var first error
	if err := l.client.do(ctx, func(ctx context.Context) { _, first = pipe.Exec(ctx) }); err != nil {
		return err
	}
	if first != nil && !slices.ContainsFunc(commands, func(c redis.Cmder) bool { return c.Err() != nil }) {
		// A login that was refused, for one, never comes to the commands, which look answered.
		return l.client.failure(ctx, first)
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
func (l *Lookup) settle(ctx context.Context, b *stages.Batch[lookup.Key, []byte], i int, command redis.Cmder) error {
	err := command.Err()
	if err == nil {
		value, found, bad := l.kind.render(command)
		switch {
		case bad != nil:
			b.FailAt(i, stages.AsPermanent(bad))
		case found:
			b.PutAt(i, value)
		default:
			b.Miss(b.Keys[i])
		}
		return nil
	}
	if errors.Is(err, redis.Nil) {
		b.Miss(b.Keys[i])
		return nil
	}
	if codeOf(err) == "WRONGTYPE" {
		b.FailAt(i, stages.AsPermanent(&Error{
			code: "WRONGTYPE", message: fmt.Sprintf("the Redis key holds no %s", l.kind.holds), err: err,
		}))
		return nil
	}
	return l.client.failure(ctx, err)
}
