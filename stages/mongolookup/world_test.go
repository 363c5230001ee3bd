package mongolookup_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/mongolookup"
	"github.com/loaderline/loaderline/testenv"
)

func open(tb testing.TB, cfg mongolookup.Config) lookup.Client[mongolookup.Query] {
	tb.Helper()
	c, err := mongolookup.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Error(err)
		}
	})
	return c
}

func prepare(tb testing.TB, c lookup.Client[mongolookup.Query], q mongolookup.Query) lookup.Lookup {
	tb.Helper()
	l, err := c.Lookup(tb.Context(), q)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// load asks for keys and returns the batch, which no error ended.
func load(tb testing.TB, s lookupext.Source, keys ...lookup.Key) *stages.Batch[lookup.Key, []byte] {
	tb.Helper()
	b := stages.NewBatch[lookup.Key, []byte](keys)
	if err := s.Load(tb.Context(), b); err != nil {
		tb.Fatal(err)
	}
	return b
}

// expect asks for keys and compares the results: JSON, "missing", or a part of an error.
func expect(tb testing.TB, s lookupext.Source, want map[lookup.Key]string) {
	tb.Helper()
	var keys []lookup.Key
	for key := range want {
		keys = append(keys, key)
	}
	b := load(tb, s, keys...)
	for i, key := range keys {
		switch r := b.Result(i); r.State {
		case stages.Loaded:
			if string(r.Value) != want[key] {
				tb.Errorf("%s is %s, want %s", key, r.Value, want[key])
			}
		case stages.Failed:
			if stages.ClassOf(r.Err) != stages.Permanent || !strings.Contains(r.Err.Error(), want[key]) {
				tb.Errorf("%s: %v, want a permanent error: %s", key, r.Err, want[key])
			}
		default:
			if want[key] != "missing" {
				tb.Errorf("%s is %v, want %s", key, r.State, want[key])
			}
		}
	}
}

// shared is the server of all tests, with a database for this one, and the driver's own way into it.
func shared(tb testing.TB) (lookup.Client[mongolookup.Query], *mongo.Database) {
	tb.Helper()
	uri, database := testenv.MongoDB(tb)
	return open(tb, mongolookup.Config{URI: lookup.Secret(uri), Database: database, Timeout: time.Minute}), writer(tb, uri, database)
}

// writer is a way into a database that writes.
func writer(tb testing.TB, uri, database string) *mongo.Database {
	tb.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), time.Second)
		defer cancel()
		_ = client.Disconnect(ctx)
	})
	return client.Database(database)
}

func insert(tb testing.TB, db *mongo.Database, collection string, documents ...any) {
	tb.Helper()
	if len(documents) == 0 {
		return
	}
	if _, err := db.Collection(collection).InsertMany(tb.Context(), documents); err != nil {
		tb.Fatal(err)
	}
}

// document reads Extended JSON.
func document(tb testing.TB, text string) bson.D {
	tb.Helper()
	var d bson.D
	if err := bson.UnmarshalExtJSON([]byte(text), false, &d); err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return d
}

// fails asks for one key and expects an error of a class and a code, without secrets.
func fails(tb testing.TB, l lookupext.Source, class stages.Class, code string) lookup.Error {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 20*time.Second)
	defer cancel()
	b := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{`"canarykey"`})
	err := l.Load(ctx, b)
	e, ok := errors.AsType[lookup.Error](err)
	if !ok || stages.ClassOf(err) != class || e.Code() != code {
		tb.Fatalf("class %d: %v; want class %d and code %q", stages.ClassOf(err), err, class, code)
	}
	if r := b.Result(0); r.State == stages.Loaded {
		tb.Errorf("the key is loaded all the same: %s", r.Value)
	}
	for _, secret := range []string{"canary", "127.0.0.1"} {
		if strings.Contains(e.Error(), secret) {
			tb.Errorf("the error holds %q: %v", secret, e)
		}
	}
	return e
}

// byName finds the documents whose field name has the keys.
func byName(collection string) mongolookup.Query {
	return mongolookup.Query{Collection: collection, Find: `{"name": {"$in": "$keys"}}`}
}

// silent is the URI of a server that takes connections and never answers.
func silent(tb testing.TB) lookup.Secret {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = listener.Close() })
	return lookup.Secret("mongodb://canary:canary@" + listener.Addr().String() + "/")
}
