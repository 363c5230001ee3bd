package testenv_test

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/loaderline/loaderline/testenv"
)

func TestMongoDBKeepsItsDatabases(t *testing.T) {
	t.Parallel()
	uri, database := testenv.MongoDB(t)
	_, other := testenv.MongoDB(t)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(t.Context()) })
	if _, err := client.Database(database).Collection("users").InsertOne(t.Context(), bson.D{{Key: "name", Value: "Ada"}}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int64{database: 1, other: 0} {
		if n, err := client.Database(name).Collection("users").CountDocuments(t.Context(), bson.D{}); err != nil || n != want {
			t.Errorf("%s has %d documents (%v), want %d", name, n, err, want)
		}
	}
}
