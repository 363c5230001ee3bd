package grpclookup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Key implements lookup.Lookup.
func (l *grpcLookup) Key(parts ...[]byte) (lookup.Key, error) { return l.types.Key(parts...) }

// Types implements lookupext.Typed.
func (l *grpcLookup) Types() lookupkey.Types { return slices.Clone(l.types) }

// Load asks for all keys, which must be canonical by Types, in one call. A key that its field cannot hold fails alone. An error of the
// whole call is a lookup.Error, classified.
func (l *grpcLookup) Load(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	places := make([]int32, len(b.Keys))
	for i := range places {
		places[i] = int32(i)
	}
	request, err := l.request(b.Keys)
	if err != nil {
		if places = l.failUnfit(b); len(places) == 0 {
			return nil
		}
		if request, err = l.request(pick(b.Keys, places)); err != nil {
			return err
		}
	}
	if len(places) == 0 {
		return nil
	}
	return l.load(ctx, b, request, places)
}

// request is the message that asks for keys.
func (l *grpcLookup) request(keys []lookup.Key) ([]byte, error) {
	message, err := l.encoder.AppendProto(nil, l.template.appendJSON(nil, keys))
	if bad, is := errors.AsType[*format.Error](err); is {
		return nil, stages.WithClass(&serviceerr.Error{Message: "the key cannot stand in the request: " + reasonOf(bad), Err: bad}, stages.Permanent)
	}
	return message, err
}

// reasonOf is an error of a format without the byte that it was at, which says nothing to a user, and without values.
func reasonOf(e *format.Error) string {
	if e.Path == "" {
		return e.Reason
	}
	return e.Path + ": " + e.Reason
}

// failUnfit fails the keys that their fields cannot hold, and returns the places of the others.
func (l *grpcLookup) failUnfit(b *stages.Batch[lookup.Key, []byte]) (fit []int32) {
	for i := range b.Keys {
		if _, err := l.request(b.Keys[i : i+1]); err != nil {
			b.Set(i, stages.Result[[]byte]{Err: err, State: stages.Failed})
			continue
		}
		fit = append(fit, int32(i))
	}
	return fit
}

func pick(keys []lookup.Key, places []int32) []lookup.Key {
	picked := make([]lookup.Key, len(places))
	for i, place := range places {
		picked[i] = keys[place]
	}
	return picked
}

// load settles the keys at some places by one call.
func (l *grpcLookup) load(ctx context.Context, b *stages.Batch[lookup.Key, []byte], request []byte, places []int32) error {
	call, cancel := context.WithTimeout(ctx, l.client.cfg.Timeout)
	defer cancel()
	a := l.layout.Answers(b)
	response, err := l.client.invoke(call, l.path, request)
	if failed, is := errors.AsType[*callError](err); is {
		err = l.client.failure(call, failed, l.from, len(places))
		if !failed.ended || !slices.Contains(l.missing, nameOfCode(failed.status.Code())) {
			return err
		}
		if len(places) > 1 {
			return stages.WithClass(err, stages.SomeMissing)
		}
		a.Miss(places)
		return nil
	}
	text, err := l.decoder.AppendJSON(nil, response)
	if err != nil {
		return l.unreadable(err, len(places))
	}
	return a.Settle(text, places)
}

// unreadable is the error of a response that is no message of its type, or too long as JSON.
func (l *grpcLookup) unreadable(err error, keys int) error {
	bad, is := errors.AsType[*format.Error](err)
	switch {
	case !is:
		return serviceerr.Unusable("the response to %s cannot be read", l.from)
	case bad.TooLong:
		return stages.WithClass(&serviceerr.Error{Message: fmt.Sprintf("the response for %s is larger than %d bytes as JSON: lower max_keys",
			plural.Count(keys, "key"), l.client.cfg.MaxAnswerBytes), Err: err}, stages.Permanent)
	}
	return serviceerr.Unusable("the response to %s cannot be read, at %s; are its descriptors those of the service?", l.from, bad.Brief())
}

// Probe implements lookupext.Prober by a call without keys.
func (l *grpcLookup) Probe(ctx context.Context) error {
	request, err := l.request(nil)
	if err != nil {
		return err
	}
	none := stages.NewBatch[lookup.Key, []byte](nil)
	switch err := l.load(ctx, none, request, nil); stages.ClassOf(err) {
	case stages.Fatal, stages.Unusable:
		return err
	case stages.Transient, stages.Permanent, stages.SomeMissing:
	}
	return nil
}
