package protobuf_test

import (
	"context"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/loaderline/loaderline/internal/format/protobuf"
)

// fataler is what tests and properties have in common.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// message parses a schema of one file and returns one of its messages.
func message(t fataler, text, name string) *protobuf.Message {
	t.Helper()
	s, err := protobuf.Parse(map[string]string{"test.proto": text}, "test.proto")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	m, err := s.Message(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// oracle is the same schema, for the library that this package is compared with.
type oracle struct {
	file  protoreflect.FileDescriptor
	types *dynamicpb.Types
}

func newOracle(t fataler, text string) oracle {
	t.Helper()
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{"test.proto": text}),
	})}
	files, err := compiler.Compile(context.Background(), "test.proto")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	// The library wants its own descriptors where it finds extensions.
	file, err := protodesc.NewFile(protodesc.ToFileDescriptorProto(files[0]), protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	var registry protoregistry.Files
	for i := range file.Imports().Len() {
		if err := registry.RegisterFile(file.Imports().Get(i).FileDescriptor); err != nil {
			t.Fatal(err)
		}
	}
	if err := registry.RegisterFile(file); err != nil {
		t.Fatal(err)
	}
	return oracle{file: file, types: dynamicpb.NewTypes(&registry)}
}

func (o oracle) message(t fataler, name string) protoreflect.MessageDescriptor {
	t.Helper()
	d := o.file.Messages().ByName(protoreflect.Name(name))
	if d == nil {
		t.Fatalf("no message %s", name)
	}
	return d
}

const eventSchema = `syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
enum Kind { KIND_UNKNOWN = 0; PAGE_VIEW = 1; PURCHASE = 2; }
message Event {
  string event_id = 1;
  int64 user_id = 2;
  Kind kind = 3;
  google.protobuf.Timestamp occurred_at = 4;
  optional double amount = 5;
  optional string referrer = 6;
}
message User { int64 id = 1; string name = 2; string email = 3; repeated string tags = 4; }
message Review { int64 id = 1; string reviewer = 2; int32 stars = 3; string text = 4; }
message Purchase { int64 id = 1; string product = 2; double price = 3; repeated Review reviews = 4; }
message Enriched { Event event = 1; User user = 2; repeated Purchase purchases = 3; }
`
