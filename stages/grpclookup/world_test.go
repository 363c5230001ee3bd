package grpclookup_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/grpctest"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/grpclookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

const method = "shop.Catalog/GetProducts"

// descriptors are those of testdata/catalog.proto.
var descriptors = sync.OnceValues(func() (*protoregistry.Files, error) { return codec.ReadDescriptors("testdata/catalog.proto") })

func catalog(tb testing.TB) *protoregistry.Files {
	tb.Helper()
	files, err := descriptors()
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// says is a handler with one answer.
func says(response string) grpctest.Handler {
	return func(context.Context, []byte) (string, error) { return response, nil }
}

// newServer is a server whose Catalog is the handler.
func newServer(tb testing.TB, h grpctest.Handler, opts ...grpc.ServerOption) *grpc.Server {
	tb.Helper()
	return grpctest.New(tb, catalog(tb), method, h, opts...)
}

func open(tb testing.TB, cfg grpclookup.Config) lookup.Client[grpclookup.Query] {
	tb.Helper()
	c, err := grpclookup.Open(tb.Context(), cfg)
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

func prepare(tb testing.TB, c lookup.Client[grpclookup.Query], q grpclookup.Query) lookup.Lookup {
	tb.Helper()
	l, err := c.Lookup(tb.Context(), q)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// products is a query for the items of Data.
func products() grpclookup.Query {
	return grpclookup.Query{Method: method, Items: "data.items"}
}

// asking is a lookup of a service with one handler.
func asking(tb testing.TB, q grpclookup.Query, h grpctest.Handler, opts ...grpc.ServerOption) lookup.Lookup {
	tb.Helper()
	address := grpctest.Listen(tb, newServer(tb, h, opts...))
	return prepare(tb, open(tb, grpclookup.Config{Address: address, Files: catalog(tb)}), q)
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

// fails asks for two keys and returns the error of the call, which has a class and a code. It quotes nothing of the service.
func fails(tb testing.TB, s lookupext.Source, class stages.Class, code string) error {
	tb.Helper()
	err := s.Load(tb.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{"1", "2"}))
	said, ok := errors.AsType[lookup.Error](err)
	if !ok || said.Code() != code || stages.ClassOf(err) != class {
		tb.Fatalf("Load: class %d: %v, want class %d and code %q", stages.ClassOf(err), err, class, code)
	}
	if strings.Contains(err.Error(), "canary") {
		tb.Errorf("the error quotes the service: %v", err)
	}
	return err
}

// outcome is a key's result in a line.
func outcome(r stages.Result[[]byte]) string {
	switch r.State {
	case stages.Loaded:
		return string(r.Value)
	case stages.Failed:
		code := ""
		if e, ok := errors.AsType[lookup.Error](r.Err); ok {
			code = e.Code()
		}
		return fmt.Sprintf("failed %d %s", stages.ClassOf(r.Err), code)
	default:
		return "missing"
	}
}
