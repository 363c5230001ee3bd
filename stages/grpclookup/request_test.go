package grpclookup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/grpclookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		request string
		key     []string
		keyType []string
		keys    []lookup.Key
		want    string // as protojson writes it
		types   string
	}{
		{`{"ids": "$keys", "tenant": "x"}`, []string{"id"}, nil, []lookup.Key{"7", "-8"}, `{"ids":["7","-8"],"tenant":"x"}`, "bigint"},
		{``, nil, nil, []lookup.Key{"7"}, `{"ids":["7"]}`, "bigint"},
		{`{"ids": ["$key"]}`, nil, nil, []lookup.Key{"7", "8"}, `{"ids":["7","8"]}`, "bigint"},
		{`{"filter": {"ids": "$keys"}, "kind": "BOOK"}`, nil, nil, []lookup.Key{"7"}, `{"filter":{"ids":["7"]},"kind":"BOOK"}`, "bigint"},
		{`{"names": "$keys"}`, []string{"name"}, nil, []lookup.Key{`"a\"b"`}, `{"names":["a\"b"]}`, "text"},
		{`{"names": "$keys"}`, []string{"name"}, []string{"bigint"}, []lookup.Key{`7`}, `{"names":["7"]}`, "bigint"},
		{`{"names": "$keys"}`, []string{"name"}, []string{"boolean"}, []lookup.Key{`true`}, `{"names":["true"]}`, "boolean"},
		{`{"smalls": "$keys"}`, []string{"small"}, nil, []lookup.Key{"7"}, `{"smalls":[7]}`, "integer"},
		{`{"flags": "$keys"}`, []string{"flag"}, nil, []lookup.Key{"true"}, `{"flags":[true]}`, "boolean"},
		{`{"times": "$keys"}`, []string{"at"}, nil, []lookup.Key{`"2026-01-02T03:04:05.5Z"`}, `{"times":["2026-01-02T03:04:05.500Z"]}`, "timestamptz"},
		{`{"unsigned": "$keys"}`, []string{"unsigned"}, nil, []lookup.Key{"18446744073709551615"}, `{"unsigned":["18446744073709551615"]}`, "numeric"},
		{`{"kinds": "$keys"}`, []string{"kind"}, nil, []lookup.Key{`"BOOK"`}, `{"kinds":["BOOK"]}`, "text"},
		{`{"wrapped": "$keys"}`, []string{"wrapped"}, nil, []lookup.Key{`"a"`}, `{"wrapped":["a"]}`, "text"},
		{`{"refs": [{"id": "$key"}]}`, nil, nil, []lookup.Key{"7", "8"}, `{"refs":[{"id":"7"},{"id":"8"}]}`, "bigint"},
		{`{"tenant": "x", "refs": [{"id": "$key[1]", "tenant": "$key[0]"}]}`, []string{"ref.tenant", "ref.id"}, nil, []lookup.Key{`["t1",5]`, `["t,2",6]`}, `{"refs":[{"id":"5","tenant":"t1"},{"id":"6","tenant":"t,2"}],"tenant":"x"}`, "text bigint"},
		{`{"filter": {"pairs": [{"tenant": "fixed", "id": "$key"}]}, "free": {"a": [1, {"b": null}]}}`, nil, nil, []lookup.Key{"7"}, `{"filter":{"pairs":[{"id":"7","tenant":"fixed"}]},"free":{"a":[1,{"b":null}]}}`, "bigint"},
		{`{"free": {"wanted": ["$key"]}}`, nil, []string{"bigint"}, []lookup.Key{"7"}, `{"free":{"wanted":[7]}}`, "bigint"},
	} {
		var got string
		q := grpclookup.Query{Method: method, Request: tc.request, Items: "data.items", Key: tc.key, KeyType: tc.keyType}
		l := asking(t, q, func(_ context.Context, request []byte) (string, error) {
			got = sorted(t, request)
			return `{"data": {}}`, nil
		})
		var types string
		for i, typ := range l.(lookupext.Typed).Types() {
			if i > 0 {
				types += " "
			}
			types += typ.String()
		}
		load(t, l, tc.keys...)
		if got != tc.want || types != tc.types {
			t.Errorf("%s: sent %s with keys %s, want %s with %s", tc.request, got, types, tc.want, tc.types)
		}
	}
}

// sorted is JSON without white space, with the members of objects in order.
func sorted(t *testing.T, text []byte) string {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Error(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Error(err)
	}
	return string(out)
}

func TestWrongQueries(t *testing.T) {
	t.Parallel()
	c := open(t, grpclookup.Config{Address: "localhost:1", Files: catalog(t)})
	type query = grpclookup.Query
	for _, tc := range []struct {
		q    query
		want string
	}{
		{query{Method: ""}, `method: "" is not the full name of a method: write it as shop.Catalog/GetProducts`},
		{query{Method: "GetProducts"}, `method: "GetProducts" is not the full name of a method: write it as shop.Catalog/GetProducts`},
		{query{Method: "shop.Catalogue/GetProducts"}, `method: the descriptors have no service shop.Catalogue; they have shop.Catalog`},
		{query{Method: "shop.Ref/GetProducts"}, `method: the descriptors have no service shop.Ref; they have shop.Catalog`},
		{query{Method: "shop.Catalog/Get"}, `method: the service shop.Catalog has no method Get; it has GetProducts, Watch`},
		{query{Method: "shop.Catalog/Watch"}, `method: shop.Catalog/Watch is a stream: write a method with one request and one response`},
		{query{Request: `{`}, `request: the request is no JSON, or it has a name twice in one object`},
		{query{Request: `{} {}`}, `request: the request is no JSON, or it has a name twice in one object`},
		{query{Request: `{"ids": "$keys", "ids": "$keys"}`}, `request: the request is no JSON, or it has a name twice in one object`},
		{query{Request: `{"tenant": "x"}`}, `request: the request has no $keys: it stands for the list of keys, as in ids: $keys`},
		{query{Request: `{"id": "$keys"}`}, `request: the message shop.GetProductsRequest has no field id; it has ids, tenant, refs, names, smalls, flags, times, unsigned, kinds, wrapped, others`},
		{query{Request: `{"tenant": "$keys"}`}, `request.tenant: $keys is a list, and this field is of type string: write $keys in a repeated field`},
		{query{Request: `{"tenant": "$key"}`}, `request: $key stands in no list: write $keys for the list of keys, or a list with one element that has $key in it, as in refs: [{id: $key}]`},
		{query{Request: `{"refs": "$keys"}`}, `request.refs: a key cannot stand in a field that is of type shop.Ref: write a field that holds a number, a string or a boolean, as in refs: [{id: $key}]`},
		{query{Request: `{"ids": "$keyring"}`}, `request.ids: "$keyring" is none of $keys, $key and $key[0]`},
		{query{Request: `{"ids": "$keys", "names": "$keys"}`}, `request.names: there are two lists of keys: a request has one`},
		{query{Request: `{"ids": ["$key", "$key"]}`}, `request.ids: the list of keys has other elements: it has one, which stands for each key`},
		{query{Request: `{"refs": [{"id": "$key[1]"}]}`}, `request: the request has a part of the key that comes after $key[0], and not that one: parts count from 0`},
		{query{Request: `{"ids": "$keys", "tenant": 7}`}, `request.tenant: a number, where the schema wants a string`},
		{query{Request: `{"ids": "$keys", "kind": "BOOKS"}`}, `request.kind: the value is no value of the enum, which has KIND_UNSPECIFIED, BOOK, NOT_FOUND`},
		{query{Request: `{"ids": "$keys", "tenant": ["a"]}`}, `request.tenant: this is a list, and the field is of type string`},
		{query{Request: `{"free": {"ids": ["$key"]}}`}, `key_type: the descriptors do not say of which type the key is: write key_type`},
		{query{Request: `{"refs": [{"id": "$key[1]", "tenant": "$key[0]"}]}`}, `key: the key of a row has 1 part, and that of the request 2`},
		{query{KeyType: []string{"uuid"}}, `key_type: uuid does not fit the request: ids[0]: the value is no whole number`},
		{query{KeyType: []string{"any"}}, `key_type: any tells 7 from "7", and a field has one of them: leave out key_type`},
		{query{KeyType: []string{"int", "int"}}, `key_type: key_type has 2 types, and the key of the request has 1 part`},
		{query{KeyType: []string{"money"}}, `key_type: unknown key type "money": it is one of any, smallint, integer, bigint, numeric, text, citext, char, uuid, boolean, timestamptz, timestamp, date, objectid`},
		{query{Items: "-"}, `items: there are no items: write the path to the repeated field with the rows`},
		{query{Items: "data"}, `items: data is of type shop.Data: rows are in a repeated field or in a map`},
		{query{Items: "data.products"}, `items: "data.products": the message shop.Data has no field products; it has items, groups`},
		{query{Items: "data.groups.items"}, `items: "data.groups.items": groups is a list of shop.Group: write groups[] for its elements`},
		{query{Items: "data[].items"}, `items: "data[].items": [] follows what is no list`},
		{query{Items: "data..items"}, `items: "data..items" is no path: write names of fields with dots between them`},
		{query{Items: "by_id", Key: []string{"n"}}, `key: the keys of the map by_id are the keys: leave out key`},
		{query{Items: "by_id", Many: true}, `items: with many: true each value of the map by_id has a list: write value with the path to it, or leave out many`},
		{query{Items: "names"}, `key: "id": names is of type string and has no fields`},
		{query{Key: []string{"product_id"}}, `key: "product_id": the message shop.Item has no field product_id; it has id, name, small, flag, at, unsigned, kind, wrapped, hash, ref, others`},
		{query{Key: []string{"row"}}, `key: row is of type shop.Row: a key is a number, a string or a boolean`},
		{query{Value: "rows"}, `value: "rows": the message shop.Item has no field rows; it has id, name, small, flag, at, unsigned, kind, wrapped, hash, ref, others`},
		{query{Error: "row"}, `error: row is of type shop.Row: write the path to the field of it that is the code`},
		{query{Missing: []string{"UNAVAILABLE"}}, `missing: UNAVAILABLE does not say that there is nothing: it is one of NOT_FOUND, INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE`},
	} {
		if tc.q.Method == "" && tc.want[:6] != "method" {
			tc.q.Method = method
		}
		switch tc.q.Items {
		case "":
			tc.q.Items = "data.items"
		case "-":
			tc.q.Items = ""
		}
		tc.q.Name = "product"
		_, err := c.Lookup(t.Context(), tc.q)
		if err == nil {
			t.Errorf("no error, want %s", tc.want)
			continue
		}
		if diff := cmp.Diff("stage product: "+tc.want, err.Error()); diff != "" {
			t.Error(diff)
		}
		if _, is := errors.AsType[*lookupext.SettingError](err); !is || stages.ClassOf(err) != stages.Fatal {
			t.Errorf("%v names no setting, or is not fatal", err)
		}
	}
	// All mistakes are found at once.
	_, err := c.Lookup(t.Context(), query{Method: method, Items: "data.items", Request: `{"id": 1}`, Key: []string{"x"}, Value: "y", Error: "z", Missing: []string{"OK"}})
	if n := bytes.Count([]byte(err.Error()), []byte("\n")); n != 4 {
		t.Errorf("%d lines: %v", n+1, err)
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	c := open(t, grpclookup.Config{Address: "localhost:1", Files: catalog(t)})
	l := prepare(t, c, products())
	var got []string
	for _, column := range l.(interface{ ColumnTypes() []lookupext.Column }).ColumnTypes() {
		got = append(got, column.Name+" "+kinds[column.Type.Kind])
	}
	want := []string{
		"id bigint", "name text", "small integer", "flag boolean", "at timestamptz", "unsigned numeric", "kind text", "wrapped text", "hash bytes", "ref json",
		"row json", "status json", "code integer", "word text", "error_kind text",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	q := grpclookup.Query{Method: method, Items: "lists", Value: "rows", Many: true}
	if diff := cmp.Diff([]string{"n", "body"}, prepare(t, c, q).(interface{ Columns() []string }).Columns()); diff != "" {
		t.Error(diff)
	}
	q = products()
	q.Value = "name"
	if _, typed := prepare(t, c, q).(interface{ Columns() []string }); typed {
		t.Error("a text has columns")
	}
}

var kinds = map[lookupext.ColumnKind]string{
	lookupext.Bigint: "bigint", lookupext.Integer: "integer", lookupext.Text: "text", lookupext.Boolean: "boolean", lookupext.Timestamptz: "timestamptz",
	lookupext.Numeric: "numeric", lookupext.Bytes: "bytes", lookupext.JSON: "json",
}

// FuzzRequest has requests of all kinds. One that is taken can be written for each key of its types.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		`{"ids": "$keys"}`, `{"refs": [{"id": "$key"}]}`, `{"ids": ["$key", 1]}`, `{"free": {"a": ["$key"]}}`, `{"filter": {"pairs": [{"id": "$key", "tenant": "\u0024key"}]}}`,
		`{"kinds": "$keys", "kind": 1}`, `[]`, `"$key"`, `{"ids": [["$key"]]}`, `{"refs": "$keys"}`, ``,
	} {
		f.Add(seed)
	}
	c := open(f, grpclookup.Config{Address: "localhost:1", Files: catalog(f)})
	f.Fuzz(func(t *testing.T, request string) {
		l, err := c.Lookup(t.Context(), grpclookup.Query{Method: method, Items: "data.items", Request: request})
		if err != nil {
			if stages.ClassOf(err) != stages.Fatal {
				t.Errorf("%q: %v is not fatal", request, err)
			}
			return
		}
		for _, raw := range []string{"1", `"a"`, "true", `"BOOK"`, `"2000-01-01T00:00:00Z"`, `""`} {
			key, err := l.Key([]byte(raw))
			if err != nil {
				continue
			}
			if err := grpclookup.Write(l, key); err == nil {
				return
			}
		}
		t.Errorf("%q was taken, and no key can be in it", request)
	})
}
