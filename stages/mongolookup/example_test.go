package mongolookup_test

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/mongolookup"
	"github.com/loaderline/loaderline/testenv"
)

// A loader of users by the IDs of their documents.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	uri, stop := startExample(ctx)
	defer stop()

	client, err := mongolookup.Open(ctx, mongolookup.Config{URI: uri, Database: "shop"})
	if err != nil {
		panic(err)
	}
	users, err := client.Lookup(ctx, mongolookup.Query{
		Name: "user", Collection: "users", Find: `{"_id": {"$in": "$keys"}}`, Project: `{"name": 1, "_id": 0}`, KeyType: []string{"objectid"},
	})
	if err != nil {
		panic(err)
	}
	loader := stages.NewLoader(users, stages.LoaderConfig[lookup.Key, []byte]{Name: "user"})

	key, err := users.Key([]byte(`"65F0C0FFEE0123456789ABCD"`))
	if err != nil {
		panic(err)
	}
	for key, r := range loader.Load(ctx, key) {
		fmt.Println(key, r.State, string(r.Value))
	}
	if err := client.Close(); err != nil {
		panic(err)
	}
	// Output:
	// "65f0c0ffee0123456789abcd" loaded {"name":"Ada"}
}

// startExample starts a server with one user.
func startExample(ctx context.Context) (uri lookup.Secret, stop func()) {
	service, err := testenv.StartMongoDB(ctx, testenv.MongoDBConfig{})
	if err != nil {
		panic(err)
	}
	client, err := mongo.Connect(options.Client().ApplyURI(service.Address()))
	if err != nil {
		panic(err)
	}
	id, err := bson.ObjectIDFromHex("65f0c0ffee0123456789abcd")
	if err != nil {
		panic(err)
	}
	if _, err := client.Database("shop").Collection("users").InsertOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "name", Value: "Ada"}}); err != nil {
		panic(err)
	}
	if err := client.Disconnect(ctx); err != nil {
		panic(err)
	}
	return lookup.Secret(service.Address()), func() {
		if err := service.Close(); err != nil {
			panic(err)
		}
	}
}
