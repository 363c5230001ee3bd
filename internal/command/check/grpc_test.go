package check_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/command/check"
	"github.com/loaderline/loaderline/internal/grpctest"
)

const services = `
kafka: {brokers: [%q]}
input: {topics: [events], group: enrich}
sources:
  unused: {sql: {driver: sqlite, dsn: %q}}
  file: {grpc: {address: %[4]q, descriptor: %[3]q, method: shop.Catalog/Get, items: products, metadata: {x-user: right}}}
  asked: {grpc: {address: %[4]q, reflection: true, method: shop.Catalog/Get, items: products, metadata: {x-user: right}}}
  refused: {grpc: {address: %[4]q, reflection: true, method: shop.Catalog/Get, items: products, metadata: {x-user: wrong-canary}}}
  method: {grpc: {method: shop.Catalog/Got, address: %[4]q, reflection: true, items: products}}
  field: {grpc: {key: product_id, address: %[4]q, reflection: true, method: shop.Catalog/Get, items: products}}
  older: {grpc: {address: %[4]q, descriptor: %[3]q, method: shop.Catalog/New, items: products}}
  away: {grpc: {address: "localhost:1", reflection: true, method: shop.Catalog/Get, items: products}}
stages:
  one: {source: file, by: event.id}
  two: {source: asked, by: event.id, many: true}
  three: {source: refused, by: event.id}
  four: {source: method, by: event.id}
  five: {source: field, by: event.id}
  six: {source: older, by: event.id}
  seven: {source: away, by: event.id}
output: {topic: enriched}
dead_letter: {topic: dead}
`

// A service is asked for its descriptors where there is no file of them, and each method for no keys.
func TestGRPCServicesAreReached(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events", "enriched", "dead"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	descriptor := filepath.Join(t.TempDir(), "catalog.proto")
	if err := os.WriteFile(descriptor, []byte(`syntax = "proto3"; package shop;
service Catalog { rpc Get(Request) returns (Response); rpc New(Request) returns (Response); }
message Request { repeated int64 ids = 1; } message Response { repeated Product products = 1; } message Product { int64 id = 1; string name = 2; }`), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := codec.ReadDescriptors(descriptor)
	if err != nil {
		t.Fatal(err)
	}
	server := grpctest.New(t, files, "shop.Catalog/Get", func(ctx context.Context, _ []byte) (string, error) {
		if md, _ := metadata.FromIncomingContext(ctx); strings.Join(md.Get("x-user"), "") != "right" {
			return "", status.Error(codes.PermissionDenied, "canary")
		}
		return `{}`, nil
	})
	grpctest.Reflect(server, files)
	address := grpctest.Listen(t, server)
	c := checkOf(t, cluster, services, descriptor, address)
	var got []string
	c.Report = func(f check.Finding) {
		if strings.Contains(f.String(), "canary") {
			t.Errorf("a secret is shown: %s", f)
		}
		if f.What == "source" && f.Name != "unused" || f.What == "stage" {
			got = append(got, f.String())
		}
	}
	_ = c.Run(context.WithoutCancel(t.Context())) // Its error has what the findings say.
	want := []string{
		`ok      source file: grpc answers`,
		`ok      stage one: right in itself, key (bigint)`,
		`ok      source asked: grpc answers`,
		`ok      stage two: right in itself, key (bigint)`,
		`ok      source refused: grpc answers`,
		`failed  stage three: pipeline.yaml:16:3: stages.three: request without keys: the service answered PERMISSION_DENIED to shop.Catalog/Get: correct metadata, or the rights of its user`,
		`ok      source method: grpc answers`,
		`failed  stage four: pipeline.yaml:9:27: sources.method.grpc.method: the service shop.Catalog has no method Got; it has Get, New`,
		`ok      source field: grpc answers`,
		`failed  stage five: pipeline.yaml:10:23: sources.field.grpc.key: "product_id": the message shop.Product has no field product_id; it has id, name`,
		`ok      source older: grpc answers`,
		`failed  stage six: pipeline.yaml:19:3: stages.six: request without keys: the service answered UNIMPLEMENTED to shop.Catalog/New: correct method, or have the service implement it`,
		`failed  source away: not reachable: localhost:1: cannot connect to the service: connection refused`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
