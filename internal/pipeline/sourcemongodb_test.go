package pipeline_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/testenv"
)

const mongoHead = `
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: g}
output: {topic: out}
dead_letter: {topic: dead}
retry: {max_elapsed: 0s}
sources:
  docs: {mongodb: {uri: %q, database: %q}}
stages:
`

func mongoLayout(uri, database, stages string) (*pipeline.Layout, error) {
	file, err := pipelinefile.Parse("pipeline.yaml", fmt.Appendf(nil, mongoHead+stages, uri, database), pipelinefile.Options{})
	if err != nil {
		return nil, err
	}
	return pipeline.NewLayout(file)
}

func TestEnrichFromMongoDB(t *testing.T) {
	t.Parallel()
	uri, database := testenv.MongoDB(t)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(t.Context()) })
	id, err := bson.ObjectIDFromHex("65f0c0ffee0123456789abcd")
	if err != nil {
		t.Fatal(err)
	}
	for collection, documents := range map[string][]any{
		"users": {bson.D{{Key: "_id", Value: id}, {Key: "name", Value: "Ada"}, {Key: "team", Value: bson.D{{Key: "id", Value: int64(7)}}}}},
		"bought": {
			bson.D{{Key: "_id", Value: bson.D{{Key: "user", Value: id}, {Key: "n", Value: 1}}}, {Key: "product", Value: 100}},
			bson.D{{Key: "_id", Value: bson.D{{Key: "user", Value: id}, {Key: "n", Value: 2}}}, {Key: "product", Value: 200}},
		},
		"teams": {bson.D{{Key: "_id", Value: 7}, {Key: "since", Value: bson.DateTime(0)}}},
	} {
		if _, err := client.Database(database).Collection(collection).InsertMany(t.Context(), documents); err != nil {
			t.Fatal(err)
		}
	}
	layout, err := mongoLayout(uri, database, `
  user: {source: docs, by: event.user_id, collection: users, find: {_id: {$in: $keys}}, project: {name: 1, team: 1}, key_type: objectid}
  bought: {source: docs, by: user._id, collection: bought, find: {_id.user: {$in: $keys}}, project: {product: 1, _id: 0}, sort: {product: -1}, key_type: objectid, many: true}
  one: {source: docs, by: [event.user_id, event.n], collection: bought, find: {$or: $keys}, key: [_id.user, _id.n], key_type: [objectid, bigint], project: {product: 1, _id: 0}}
  team: {source: docs, by: user.team.id, collection: teams, find: {_id: {$in: $keys}}, format: extended_json, into: user.belongs}`)
	if err != nil {
		t.Fatal(err)
	}
	const found = `"user":{"_id":"65f0c0ffee0123456789abcd","name":"Ada","team":{"id":7},"belongs":{"_id":7,"since":{"$date":"1970-01-01T00:00:00Z"}}},` +
		`"bought":[{"product":200},{"product":100}],"one":{"product":200}}`
	got := enrich(t, openLayout(t, layout), `{"user_id":"65F0C0FFEE0123456789ABCD","n":"2"}`, `{"user_id":"000000000000000000000000","n":1}`)
	if diff := cmp.Diff([]string{
		`{"event":{"user_id":"65F0C0FFEE0123456789ABCD","n":"2"},` + found,
		`{"event":{"user_id":"000000000000000000000000","n":1},"user":null,"bought":[],"one":null}`,
	}, got); diff != "" {
		t.Error(diff)
	}
}

// What a stage asks of MongoDB is checked without asking.
func TestWrongAsksOfMongoDB(t *testing.T) {
	t.Parallel()
	for stage, want := range map[string]string{
		`find: {_id: $keys}`:                                        `pipeline.yaml:10:3: stages.a: find compares _id with $keys, which are many keys`,
		`find: {_id: {$in: $keys}}, key_type: date`:                 "stages.a: key_type date: dates of MongoDB are moments",
		`find: {_id: {$in: $keys}}, key: id`:                        "stages.a: find compares the keys with _id, and key says id",
		`find: {_id: {$in: $keys}}, project: {name: 1, address: 0}`: "stages.a: project names fields to take and fields to leave out",
	} {
		_, err := mongoLayout("mongodb://u:canary@mongo.invalid/", "app", "  a: {source: docs, by: event.id, collection: users, "+stage+"}")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s:\n%v\nwant %s", stage, err, want)
		}
	}
	_, err := mongoLayout("mongodb://u:can@ary@mongo.invalid/", "app", "  a: {source: docs, by: event.id, collection: users, find: {_id: {$in: $keys}}}")
	if err == nil || !strings.Contains(err.Error(), "sources.docs.mongodb: the uri cannot be read") || strings.Contains(err.Error(), "ary") {
		t.Errorf("%v, want an error about the uri", err)
	}
}
