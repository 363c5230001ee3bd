package mongolookup_test

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/lookuptest"
	"github.com/loaderline/loaderline/stages/mongolookup"
)

// FerretDB does not have Decimal128, so numeric keys are tested on a server of the tests' own.
var keyTypes = []string{"any", "smallint", "integer", "bigint", "text", "uuid", "boolean", "timestamptz", "objectid"}

func TestConforms(t *testing.T) {
	t.Parallel()
	lookuptest.Run(t, lookuptest.Harness{
		KeyTypes: keyTypes,
		New: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			return world(tb, w, `{"key": {"$in": "$keys"}}`)
		},
		Extra: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			return world(tb, w, `{"$or": [{"key": {"$in": "$keys"}}, {"at": {"$gte": 0}}]}`)
		},
		PartlyFailing: func(tb testing.TB, w lookuptest.World, bad lookup.Key) lookupext.Source {
			tb.Helper()
			w.Rows = append(w.Rows, lookuptest.Row{Key: bad})
			return world(tb, w, `{"key": {"$in": "$keys"}}`)
		},
		Slow: func(tb testing.TB) lookupext.Source {
			tb.Helper()
			c := open(tb, mongolookup.Config{URI: silent(tb), Database: "app", Timeout: time.Minute})
			return prepare(tb, c, mongolookup.Query{Collection: "rows", Find: `{"key": {"$in": "$keys"}}`})
		},
	})
}

func world(tb testing.TB, w lookuptest.World, find string) lookupext.Source {
	tb.Helper()
	client, db := shared(tb)
	var documents []any
	for i, r := range w.Rows {
		documents = append(documents, bson.D{
			{Key: "key", Value: stored(tb, r.Key, w.KeyType)}, {Key: "at", Value: i}, {Key: "n", Value: r.N}, {Key: "body", Value: r.Body},
		})
	}
	insert(tb, db, "rows", documents...)
	l := prepare(tb, client, mongolookup.Query{
		Collection: "rows", Find: find, Project: `{"n": 1, "body": 1, "_id": 0}`, Sort: `{"at": 1}`, KeyType: []string{w.KeyType}, Many: w.Many,
	})
	if got := l.(lookupext.Typed).Types(); len(got) != 1 || got[0].String() != w.KeyType {
		tb.Errorf("the key types are %v, want %s", got, w.KeyType)
	}
	return l
}

// stored is a key as a document has it.
func stored(tb testing.TB, key lookup.Key, keyType string) any {
	tb.Helper()
	var text string
	if key[0] == '"' {
		if err := json.Unmarshal([]byte(key), &text); err != nil {
			tb.Fatal(err)
		}
	}
	var (
		value any = text
		err   error
	)
	switch keyType {
	case "uuid":
		value = bson.Binary{Subtype: bson.TypeBinaryUUID, Data: []byte(unhex(tb, strings.ReplaceAll(text, "-", "")))}
	case "objectid":
		value, err = bson.ObjectIDFromHex(text)
	case "timestamptz":
		value, err = time.Parse(time.RFC3339, text)
	case "boolean":
		value = key == "true"
	default:
		if text == "" && key != `""` {
			value, err = strconv.ParseInt(string(key), 10, 64)
		}
	}
	if err != nil {
		tb.Fatal(err)
	}
	return value
}

func unhex(tb testing.TB, digits string) string {
	tb.Helper()
	bytes, err := hex.DecodeString(digits)
	if err != nil {
		tb.Fatal(err)
	}
	return string(bytes)
}
