package codec_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/loaderline/loaderline/internal/codec"
)

// protoFolder has a service whose messages are in another file.
func protoFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"catalog.proto":       "syntax = \"proto3\"; package shop;\nimport \"shop/product.proto\";\nservice Catalog { rpc Get(Product) returns (Product); }",
		"shop/product.proto":  `syntax = "proto3"; package shop; import "google/protobuf/timestamp.proto"; message Product { int64 id = 1; google.protobuf.Timestamp since = 2; }`,
		"lost.proto":          "syntax = \"proto3\";\nimport \"shop/lost.proto\";",
		"wrong.proto":         `syntax = "proto3"; message`,
		"text.pb":             "this is no descriptor set",
		"empty.pb":            "",
		"shop/unrelated.json": "{}",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// writeSet writes a descriptor set with some of the files of another one.
func writeSet(t *testing.T, dir, from, name string, keep func(path string) bool) {
	t.Helper()
	files, err := codec.ReadDescriptors(filepath.Join(dir, from))
	if err != nil {
		t.Fatal(err)
	}
	var set descriptorpb.FileDescriptorSet
	files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if keep(f.Path()) {
			set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
		}
		return true
	})
	data, err := proto.Marshal(&set)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReadDescriptors(t *testing.T) {
	t.Parallel()
	dir := protoFolder(t)
	writeSet(t, dir, "catalog.proto", "whole.pb", func(string) bool { return true })
	writeSet(t, dir, "catalog.proto", "without_google.pb", func(path string) bool { return !strings.HasPrefix(path, "google/") })
	writeSet(t, dir, "catalog.proto", "without_imports.pb", func(path string) bool { return path == "catalog.proto" })
	for name, want := range map[string]string{
		"catalog.proto": "", "whole.pb": "", "without_google.pb": "",
		"without_imports.pb": "catalog.proto imports shop/product.proto, which is missing: make the descriptor set with protoc --include_imports",
		"text.pb":            "the file is no descriptor set: make one by protoc --include_imports --descriptor_set_out=FILE",
		"empty.pb":           "the file is no descriptor set: make one by protoc --include_imports --descriptor_set_out=FILE",
		"lost.proto":         `import "shop/lost.proto": `,
		"wrong.proto":        "schema wrong.proto: ",
		"nowhere.pb":         "no such file",
	} {
		files, err := codec.ReadDescriptors(filepath.Join(dir, name))
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", name, err, want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		found, err := files.FindDescriptorByName("shop.Catalog")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		fields := found.(protoreflect.ServiceDescriptor).Methods().Get(0).Input().Fields()
		if fields.Len() != 2 || fields.Get(1).Message().FullName() != "google.protobuf.Timestamp" || fields.Get(1).Message().Fields().Len() != 2 {
			t.Errorf("%s: the fields are %v", name, fields)
		}
	}
}
