package redislookup

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/redis/go-redis/v9"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/redisconn"
)

// kind is how a kind of value is asked for and becomes JSON.
type kind struct {
	holds string // what a Redis key of this kind holds
	ask   func(ctx context.Context, pipe redis.Pipeliner, key string) redis.Cmder
	// render is the JSON of an answer. found is false where there is no such key.
	render func(answered redis.Cmder) (value []byte, found bool, err error)
}

func kindOf(name string) (kind, error) {
	switch name {
	case "", String:
		return kind{holds: "string", ask: get, render: asString(renderString)}, nil
	case JSON:
		return kind{holds: "string", ask: get, render: asString(renderJSON)}, nil
	case Hash:
		return kind{holds: "hash", ask: getHash, render: renderHash}, nil
	}
	return kind{}, fmt.Errorf("unknown kind %q: it is %s, %s or %s", name, String, JSON, Hash)
}

func get(ctx context.Context, pipe redis.Pipeliner, key string) redis.Cmder {
	return pipe.Get(ctx, key)
}

func getHash(ctx context.Context, pipe redis.Pipeliner, key string) redis.Cmder {
	return pipe.HGetAll(ctx, key)
}

func asString(render func(text string) ([]byte, error)) func(redis.Cmder) ([]byte, bool, error) {
	return func(answered redis.Cmder) ([]byte, bool, error) {
		command, ok := answered.(*redis.StringCmd)
		if !ok {
			return nil, false, errUnexpected
		}
		value, err := render(command.Val())
		return value, true, err
	}
}

func renderString(text string) ([]byte, error) {
	if !utf8.ValidString(text) {
		return nil, redisconn.NewError("", "the value is not UTF-8", nil)
	}
	return lookupkey.AppendString(make([]byte, 0, len(text)+2), text), nil
}

func renderJSON(text string) ([]byte, error) {
	value, err := jsontext.AppendFormat(make([]byte, 0, len(text)), text, jsontext.PreserveRawStrings(true))
	if err == nil {
		return value, nil
	}
	// The error's own text has the names of members around the place, which belong to the payload.
	return nil, redisconn.NewError("", "the value "+jsondoc.Brief(err, len(text)), err)
}

func renderList(text string) ([]byte, error) {
	value, err := renderJSON(text)
	if err == nil && value[0] != '[' {
		return nil, redisconn.NewError("", "the value is not a list", nil)
	}
	return value, err
}

func renderHash(answered redis.Cmder) ([]byte, bool, error) {
	command, ok := answered.(*redis.MapStringStringCmd)
	if !ok {
		return nil, false, errUnexpected
	}
	fields := command.Val()
	if len(fields) == 0 { // Redis has no empty hashes.
		return nil, false, nil
	}
	size := 2
	for name, text := range fields {
		if !utf8.ValidString(name) || !utf8.ValidString(text) {
			return nil, true, redisconn.NewError("", "a field of the hash is not UTF-8", nil)
		}
		size += len(name) + len(text) + 6
	}
	value := append(make([]byte, 0, size), '{')
	for i, name := range slices.Sorted(maps.Keys(fields)) {
		if i > 0 {
			value = append(value, ',')
		}
		value = lookupkey.AppendString(value, name)
		value = append(value, ':')
		value = lookupkey.AppendString(value, fields[name])
	}
	return append(value, '}'), true, nil
}

var errUnexpected = redisconn.NewError("", "the driver answered another command than it was given", nil)
