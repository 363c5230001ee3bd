package grpclookup_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/grpctest"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/grpclookup"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/lookuptest"
)

// fieldsOf are the fields of a request and of an item that hold keys of a type. Texts are for types that Protobuf does not have.
func fieldsOf(keyType string) (request, item string) {
	switch keyType {
	case "smallint", "integer":
		return "smalls", "small"
	case "bigint":
		return "ids", "id"
	case "boolean":
		return "flags", "flag"
	case "timestamptz":
		return "times", "at"
	}
	return "names", "name"
}

func TestConforms(t *testing.T) {
	t.Parallel()
	source := func(tb testing.TB, w lookuptest.World, bad lookup.Key, everything bool) lookupext.Source {
		tb.Helper()
		request, item := fieldsOf(w.KeyType)
		q := products()
		q.Request, q.Key, q.KeyType = `{"`+request+`": "$keys", "tenant": "t"}`, []string{item}, []string{w.KeyType}
		q.Value, q.Error, q.Many = "row", "status", w.Many
		return asking(tb, q, func(_ context.Context, text []byte) (string, error) {
			asked := wanted(tb, text, request, w.KeyType)
			return itemsOf(w, item, bad, func(k lookup.Key) bool { return everything || asked[k] }), nil
		})
	}
	lookuptest.Run(t, lookuptest.Harness{
		KeyTypes: []string{"smallint", "integer", "bigint", "numeric", "text", "citext", "char", "uuid", "boolean", "timestamptz", "timestamp", "date"},
		New: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			return source(tb, w, "", false)
		},
		Extra: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			return source(tb, w, "", true)
		},
		PartlyFailing: func(tb testing.TB, w lookuptest.World, bad lookup.Key) lookupext.Source {
			tb.Helper()
			return source(tb, w, bad, false)
		},
		Slow: func(tb testing.TB) lookupext.Source {
			tb.Helper()
			address := grpctest.Listen(tb, newServer(tb, func(ctx context.Context, _ []byte) (string, error) {
				<-ctx.Done()
				return "", ctx.Err()
			}))
			return prepare(tb, open(tb, grpclookup.Config{Address: address, Files: catalog(tb), Timeout: time.Minute}), products())
		},
	})
}

// wanted is the keys of a request, canonical.
func wanted(tb testing.TB, text []byte, field, keyType string) map[lookup.Key]bool {
	tb.Helper()
	typ, err := lookupkey.ParseType(keyType)
	if err != nil {
		tb.Error(err)
	}
	var request map[string]json.RawMessage
	if err := json.Unmarshal(text, &request); err != nil {
		tb.Errorf("the request: %v", err)
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(request[field], &raws); err != nil && request[field] != nil {
		tb.Errorf("the request: %v", err)
	}
	keys := map[lookup.Key]bool{}
	for _, raw := range raws {
		key, err := typ.Canonical(raw)
		if err != nil {
			tb.Errorf("the key %s: %v", raw, err)
		}
		keys[key] = true
	}
	if string(request["tenant"]) != `"t"` {
		tb.Errorf("the request %.100s has no tenant", text)
	}
	return keys
}

// itemsOf is a response with the rows of some keys, in order.
func itemsOf(w lookuptest.World, field string, bad lookup.Key, asked func(lookup.Key) bool) string {
	var items []string
	for _, row := range w.Rows {
		key := string(row.Key)
		if field == "name" && key[0] != '"' {
			key = `"` + key + `"`
		}
		switch {
		case !asked(row.Key):
		case row.Key == bad:
			items = append(items, `{"`+field+`": `+key+`, "status": {"code": 3, "message": "canary"}}`)
		default:
			items = append(items, `{"`+field+`": `+key+`, "row": `+row.Value()+`, "status": {}}`)
		}
	}
	return `{"data": {"items": [` + strings.Join(items, ",") + `]}}`
}
