package mongolookup

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/xoptions"

	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

const (
	// maxFilterBytes is below what a document can have, 16 MiB.
	maxFilterBytes = 15 << 20
	// documentsOfReply has the server fill its replies, which have 16 MiB at most.
	documentsOfReply = 100_000
)

// Load finds the documents of all keys, which must be canonical by Types, by one find. An error of the whole call is a
// lookup.Error, classified.
func (l *mongoLookup) Load(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	if len(b.Keys) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, l.client.cfg.Timeout)
	defer cancel()
	a := newAnswers(l, b)
	document, possible := l.filter.of(b.Keys, l.types)
	if !possible {
		return a.settle()
	}
	filter, err := bson.Marshal(document)
	if err != nil {
		return &mongoError{message: "the keys cannot be written as BSON", err: err}
	}
	if len(filter) > maxFilterBytes {
		return stages.WithClass(&mongoError{message: fmt.Sprintf("the filter of %s is larger than MongoDB takes: lower max_keys",
			plural.Count(len(b.Keys), "key"))}, stages.Permanent)
	}
	if err := l.find(ctx, filter, options.Find(), a.add); err != nil {
		return err
	}
	return a.settle()
}

// find calls each with the documents of a filter. It returns the error of each as it is.
func (l *mongoLookup) find(ctx context.Context, filter any, opts *options.FindOptionsBuilder, each func(bson.Raw) error) error {
	db, err := l.client.database(ctx)
	if err != nil {
		return err
	}
	opts.SetBatchSize(documentsOfReply)
	if l.projection != nil {
		opts.SetProjection(l.projection)
	}
	if l.sort != nil {
		opts.SetSort(l.sort)
	}
	if err := limitTime(ctx, opts); err != nil {
		return err
	}
	call, cancel := withoutDeadline(ctx)
	defer cancel()
	cursor, err := db.Collection(l.collection).Find(call, filter, opts)
	if err != nil {
		return explain(ctx, err)
	}
	defer closeCursor(ctx, cursor)
	for cursor.Next(call) {
		if err := each(cursor.Current); err != nil {
			return err
		}
	}
	return explain(ctx, cursor.Err())
}

// withoutDeadline returns a context for the driver that ends with ctx. Until a deadline the driver would repeat a read that fails, without
// a pause. It repeats it once without one. The engine does the rest.
func withoutDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	call, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	return call, func() {
		stop()
		cancel()
	}
}

// limitTime has the server end a call at the deadline of its context. The driver has no setting for that, since it leaves the time of a
// cursor to its user.
func limitTime(ctx context.Context, opts *options.FindOptionsBuilder) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	left := min(max(time.Until(deadline).Milliseconds(), 1), math.MaxInt32)
	return xoptions.SetInternalFindOptions(opts, "addCommandFields", bson.D{{Key: "maxTimeMS", Value: left}})
}

// closeCursor has the server forget a cursor that was not read to its end.
func closeCursor(ctx context.Context, cursor *mongo.Cursor) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = cursor.Close(ctx) // The server forgets it later if this fails.
}

// Probe implements lookupext.Prober by a find without keys. A collection that is not there is an error too.
func (l *mongoLookup) Probe(ctx context.Context) error {
	err := l.find(ctx, l.filter.ofNone(), options.Find().SetLimit(1), func(bson.Raw) error { return nil })
	if said, ok := errors.AsType[mongo.CommandError](err); ok && stages.ClassOf(err) != stages.Transient {
		return withReason(err, said)
	}
	switch stages.ClassOf(err) {
	case stages.Fatal, stages.Unusable:
		return err
	case stages.Transient, stages.Permanent, stages.SomeMissing:
	}
	if err != nil {
		return nil //nolint:nilerr // It tells nothing about the query.
	}
	return l.checkCollection(ctx)
}

// checkCollection returns an error if the database does not have the collection. A user who may not list them learns nothing.
func (l *mongoLookup) checkCollection(ctx context.Context) error {
	db, err := l.client.database(ctx)
	if err != nil {
		return nil // It tells nothing about the query.
	}
	call, cancel := withoutDeadline(ctx)
	defer cancel()
	names, err := db.ListCollectionNames(call, bson.D{{Key: "name", Value: l.collection}}, options.ListCollections().SetAuthorizedCollections(true))
	if err != nil || len(names) > 0 {
		return nil // It tells nothing about the query.
	}
	return stages.WithClass(&mongoError{code: "NamespaceNotFound", message: fmt.Sprintf(
		"database %s has no collection %s, so that no key has a document", db.Name(), l.collection)}, stages.Unusable)
}
