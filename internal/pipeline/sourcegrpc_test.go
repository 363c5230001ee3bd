package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/grpctest"
	"github.com/loaderline/loaderline/internal/pipeline"
)

const catalogProto = `syntax = "proto3"; package shop;
import "google/protobuf/timestamp.proto";
service Catalog { rpc GetProducts(Request) returns (Response); }
message Request { repeated Ref refs = 1; string currency = 2; }
message Ref { string tenant = 1; int64 id = 2; }
message Response { repeated Product products = 1; }
message Product {
  Ref ref = 1; string name = 2; optional double price = 3; repeated string tags = 4; google.protobuf.Timestamp since = 5; int64 maker = 6; Error error = 7;
}
enum Error { NONE = 0; NOT_FOUND = 1; BANNED = 2; }
`

// catalogOf answers for the products 1 and 2 of the tenant a, in euros and to those who have a token.
func catalogOf(ctx context.Context, text []byte) (string, error) {
	if md, _ := metadata.FromIncomingContext(ctx); strings.Join(md.Get("authorization"), "") != "Bearer canary" {
		return "", status.Error(codes.Unauthenticated, "canary")
	}
	var request struct {
		Currency string
		Refs     []struct{ Tenant, ID string }
	}
	if err := json.Unmarshal(text, &request); err != nil || request.Currency != "EUR" {
		return "", status.Errorf(codes.InvalidArgument, "canary %v", err)
	}
	var products []string
	for _, ref := range request.Refs {
		switch of := fmt.Sprintf(`{"ref": {"tenant": %q, "id": %s}, `, ref.Tenant, ref.ID); ref.Tenant + ref.ID {
		case "a1":
			products = append(products, of+`"name": "Pen", "price": 1.5, "tags": ["x"], "since": "2026-01-02T03:04:05Z", "maker": 1}`)
		case "a2":
			products = append(products, of+`"name": "Ink", "maker": 9}`)
		case "a3":
			products = append(products, of+`"error": "NOT_FOUND"}`)
		case "a4":
			products = append(products, of+`"error": "BANNED"}`)
		}
	}
	return `{"products": [` + strings.Join(products, ",") + `]}`, nil
}

// catalogText is a pipeline over a gRPC service. source and stage replace parts of it.
func catalogText(t *testing.T, address, descriptor, output string, replace ...string) string {
	t.Helper()
	text := fmt.Sprintf(`
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: g}
output: {topic: out%s}
dead_letter: {topic: dead}
retry: {max_elapsed: 0s}
sources:
  shop: {sql: {driver: sqlite, dsn: %q}}
  catalog:
    grpc:
      address: %q
      metadata: {authorization: Bearer canary}
      %s
      method: shop.Catalog/GetProducts
      request: {currency: EUR, refs: [{tenant: "$key[0]", id: "$key[1]"}]}
      items: products
      key: [ref.tenant, ref.id]
      error: error
      permanent_errors: [BANNED]
stages:
  product: {source: catalog, by: [event.tenant, event.product]}
  maker: {source: shop, by: product.maker, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, into: product.made_by}
`, output, shopFile(t), address, descriptor)
	return strings.NewReplacer(replace...).Replace(text)
}

// catalogFile writes the descriptors of the service.
func catalogFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "catalog.proto")
	if err := os.WriteFile(name, []byte(catalogProto), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// catalogServer is the address of the service.
func catalogServer(t *testing.T, file string) string {
	t.Helper()
	files, err := codec.ReadDescriptors(file)
	if err != nil {
		t.Fatal(err)
	}
	s := grpctest.New(t, files, "shop.Catalog/GetProducts", catalogOf)
	grpctest.Reflect(s, files)
	return grpctest.Listen(t, s)
}

func TestEnrichFromGRPC(t *testing.T) {
	t.Parallel()
	file := catalogFile(t)
	address := catalogServer(t, file)
	for _, descriptor := range []string{"descriptor: " + file, "reflection: true"} {
		l, err := parse(catalogText(t, address, descriptor, ""))
		if err != nil {
			t.Fatal(err)
		}
		got := enrich(t, openLayout(t, l), `{"tenant":"a","product":"1"}`, `{"tenant":"a","product":2}`, `{"tenant":"a","product":3}`, `{"tenant":"a","product":4}`, `{"tenant":"b","product":1}`, `{"product":1}`, `{"tenant":"a","product":"x"}`)
		want := []string{
			`{"event":{"tenant":"a","product":"1"},"product":{"ref":{"tenant":"a","id":1},"name":"Pen","price":1.5,"tags":["x"],"since":"2026-01-02T03:04:05Z","maker":1,"error":"NONE","made_by":{"id":1,"name":"Ada"}}}`,
			`{"event":{"tenant":"a","product":2},"product":{"ref":{"tenant":"a","id":2},"name":"Ink","tags":[],"maker":9,"error":"NONE","made_by":null}}`,
			`{"event":{"tenant":"a","product":3},"product":null}`,
			`lookup in stage product (BANNED): the service answered the error BANNED for this key`,
			`{"event":{"tenant":"b","product":1},"product":null}`,
			`{"event":{"product":1},"product":null}`,
			`key in stage product: event.product: "x" is not a bigint`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// What a file says of a service is checked where it stands: against a file without the service, and against its reflection service at
// the start.
func TestWrongGRPC(t *testing.T) {
	t.Parallel()
	file := catalogFile(t)
	address := catalogServer(t, file)
	for _, tc := range []struct {
		replace []string
		want    []string
	}{
		{[]string{"GetProducts", "Get"}, []string{`14:15: sources.catalog.grpc.method: the service shop.Catalog has no method Get; it has GetProducts`}},
		{[]string{"shop.Catalog", "shop.Katalog"}, []string{`14:15: sources.catalog.grpc.method: `}},
		{[]string{"currency: EUR", "currency: 1"}, []string{`15:27: sources.catalog.grpc.request.currency: a number, where the schema wants a string`}},
		{[]string{"items: products", "items: product", "id: \"$key[1]\"", "no: \"$key[1]\""}, []string{
			`15:39: sources.catalog.grpc.request.refs[0]: the message shop.Ref has no field no; it has tenant, id`,
			`16:14: sources.catalog.grpc.items: "product": the message shop.Response has no field product; it has products`,
		}},
		{[]string{"ref.tenant", "tenant", "error: error", "error: ref"}, []string{
			`17:12: sources.catalog.grpc.key: "tenant": the message shop.Product has no field tenant; it has ref, name, price, tags, since, maker, error`,
			`18:14: sources.catalog.grpc.error: ref is of type shop.Ref: write the path to the field of it that is the code`,
		}},
		{[]string{"product]", "product], key_type: [text, uuid]"}, []string{`21:`, `stages.product.key_type: text, uuid does not fit the request: refs[0].id: `}},
	} {
		for _, descriptor := range []string{"descriptor: " + file, "reflection: true"} {
			l, err := parse(catalogText(t, address, descriptor, "", tc.replace...))
			if err == nil {
				_, err = pipeline.Open(t.Context(), l, pipeline.Options{})
			}
			for _, want := range tc.want {
				if !strings.Contains(fmt.Sprint(err), want) {
					t.Errorf("%s:\n%v\nwant %s", descriptor, err, want)
				}
			}
			if strings.Contains(fmt.Sprint(err), "canary") {
				t.Error(err)
			}
		}
	}
	_, err := parse(catalogText(t, address, "descriptor: lost.pb", ""))
	if err == nil || !strings.Contains(err.Error(), "13:19: sources.catalog.grpc.descriptor: ") {
		t.Errorf("a lost file: %v", err)
	}
	l, err := parse(catalogText(t, address, "reflection: true", "", address, "localhost:1"))
	if err != nil {
		t.Fatal(err)
	}
	f, _ := l.File.Source("catalog")
	source, err := pipeline.OpenSource(t.Context(), l.File, f, pipeline.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = source.Close() }()
	_, err = source.Prepare(t.Context(), l.Stages[0])
	if away, is := errors.AsType[*pipeline.UnreachableError](err); !is || away.Source != "catalog" {
		t.Errorf("a service that is away: %v", err)
	}
}

// Descriptors say of which types the values of an output are. What a row does not have is null.
func TestOutputsOfGRPC(t *testing.T) {
	t.Parallel()
	file := catalogFile(t)
	address := catalogServer(t, file)
	r := startRegistry(t)
	text := catalogText(t, address, "descriptor: "+file, ", format: avro, register: true, schema: {derive: true, types: {event: json}}") + "\nregistry: {url: \"" + r.URL() + "\"}\n"
	published, failures := publishedOf(t, openText(t, text),
		loaderline.Record{Topic: "events", Value: []byte(`{"tenant":"a","product":1}`)}, loaderline.Record{Topic: "events", Value: []byte(`{"tenant":"a","product":2}`)})
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	want := []string{
		`{"event":"{\"tenant\":\"a\",\"product\":1}","product":{"ref":"{\"tenant\":\"a\",\"id\":1}","name":"Pen","price":1.5,"tags":["x"],"since":"2026-01-02T03:04:05Z","maker":1,"error":"NONE","made_by":{"id":1,"name":"Ada"}}}`,
		`{"event":"{\"tenant\":\"a\",\"product\":2}","product":{"ref":"{\"tenant\":\"a\",\"id\":2}","name":"Ink","price":null,"tags":[],"since":null,"maker":9,"error":"NONE","made_by":null}}`,
	}
	if diff := cmp.Diff(want, readBack(t, r, format.Avro, published)); diff != "" {
		t.Error(diff)
	}
}
