package protobuf

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"text/scanner"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// Limits of a schema with its imports. Compiling takes up to 150 bytes of memory for each byte of text.
const (
	maxFiles       = 500
	maxSchemaBytes = 2 << 20
)

// Parse compiles a schema. Files are the texts of the main file and of what it imports, by the names of the import
// statements. The files that come with protoc (google/protobuf/timestamp.proto and its like) are built in. A text may also
// be a FileDescriptorProto in base64, as clients of a registry in Python store it.
func Parse(files map[string]string, main string) (*Schema, error) {
	if err := checkSize(files, main); err != nil {
		return nil, err
	}
	compiler := protocompile.Compiler{Resolver: sources(files), MaxParallelism: 1}
	compiled, err := compiler.Compile(context.Background(), main)
	if _, panicked := errors.AsType[protocompile.PanicError](err); panicked {
		return nil, fmt.Errorf("schema %s: the Protobuf compiler failed on it", main)
	}
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", main, err)
	}
	return newSchema(compiled[0])
}

func checkSize(files map[string]string, main string) error {
	if _, there := files[main]; !there {
		return fmt.Errorf("schema %s: its text is missing", main)
	}
	if len(files) > maxFiles {
		return fmt.Errorf("schema %s: it consists of %d files; the limit is %d", main, len(files), maxFiles)
	}
	size := 0
	for _, text := range files {
		size += len(text)
	}
	if size > maxSchemaBytes {
		return fmt.Errorf("schema %s: it has %d bytes with its imports; the limit is %d", main, size, maxSchemaBytes)
	}
	return nil
}

// sources are the files that a schema may import. The built-in ones win: their messages are the ones that this package knows.
type sources map[string]string

var builtIn = protocompile.WithStandardImports(protocompile.ResolverFunc(func(string) (protocompile.SearchResult, error) {
	return protocompile.SearchResult{}, protoregistry.NotFound
}))

func (s sources) FindFileByPath(path string) (protocompile.SearchResult, error) {
	if found, err := builtIn.FindFileByPath(path); err == nil {
		return found, nil
	}
	text, there := s[path]
	if !there {
		return protocompile.SearchResult{}, fmt.Errorf("%s is imported, but is neither a file of the schema nor one of its references: %w", path, protoregistry.NotFound)
	}
	if file := descriptorOf(text); file != nil {
		file.Name = new(path)
		return protocompile.SearchResult{Proto: file}, nil
	}
	if err := checkNesting(path, text); err != nil {
		return protocompile.SearchResult{}, err
	}
	return protocompile.SearchResult{Source: strings.NewReader(text)}, nil
}

// descriptorOf is the file descriptor that a text holds in base64, or nil. Source text always has a character that base64 has not.
func descriptorOf(text string) *descriptorpb.FileDescriptorProto {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) == 0 {
		return nil
	}
	var file descriptorpb.FileDescriptorProto
	if err := (proto.UnmarshalOptions{RecursionLimit: maxDepth}).Unmarshal(raw, &file); err != nil {
		return nil
	}
	return &file
}

// checkNesting bounds the recursion of the compiler.
func checkNesting(path, text string) error {
	var tokens scanner.Scanner
	tokens.Init(strings.NewReader(text))
	tokens.Error = func(*scanner.Scanner, string) {} // The compiler says it better.
	depth := 0
	for token := tokens.Scan(); token != scanner.EOF; token = tokens.Scan() {
		switch token {
		case '{', '[', '<', '(':
			depth++
		case '}', ']', '>', ')':
			depth--
		}
		if depth > maxDepth {
			return fmt.Errorf("%s:%d:%d: the text is nested more than %d levels deep", path, tokens.Line, tokens.Column, maxDepth)
		}
	}
	return nil
}

// filesOf returns a file and all that it imports, each once, the file first.
func filesOf(main protoreflect.FileDescriptor) []protoreflect.FileDescriptor {
	all := []protoreflect.FileDescriptor{main}
	seen := map[string]bool{main.Path(): true}
	for i := 0; i < len(all); i++ {
		imports := all[i].Imports()
		for k := range imports.Len() {
			if file := imports.Get(k).FileDescriptor; !seen[file.Path()] {
				seen[file.Path()] = true
				all = append(all, file)
			}
		}
	}
	return all
}
