package protobuf

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"text/scanner"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
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
	s := sources{texts: files}
	compiler := protocompile.Compiler{Resolver: &s, MaxParallelism: 1}
	compiled, err := compiler.Compile(context.Background(), main)
	if _, panicked := errors.AsType[protocompile.PanicError](err); panicked {
		return nil, fmt.Errorf("schema %s: the Protobuf compiler failed on it", main)
	}
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", main, err)
	}
	if s.trusted.Load() {
		if err := validate(compiled[0]); err != nil {
			return nil, fmt.Errorf("schema %s: %w", main, err)
		}
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
type sources struct {
	texts   map[string]string
	trusted atomic.Bool // the compiler has got a file descriptor, which it does not check
}

var builtIn = protocompile.WithStandardImports(protocompile.ResolverFunc(func(string) (protocompile.SearchResult, error) {
	return protocompile.SearchResult{}, protoregistry.NotFound
}))

func (s *sources) FindFileByPath(path string) (protocompile.SearchResult, error) {
	if found, err := builtIn.FindFileByPath(path); err == nil {
		return found, nil
	}
	text, there := s.texts[path]
	if !there {
		return protocompile.SearchResult{}, fmt.Errorf("%s is imported, but is neither a file of the schema nor one of its references: %w", path, protoregistry.NotFound)
	}
	if file := descriptorOf(text); file != nil {
		file.Name = new(path)
		s.trusted.Store(true)
		return protocompile.SearchResult{Proto: file}, nil
	}
	if err := checkNesting(path, text); err != nil {
		return protocompile.SearchResult{}, err
	}
	if !strings.Contains(text, mapEntry) {
		return protocompile.SearchResult{Source: strings.NewReader(text)}, nil
	}
	file, err := withMapEntries(path, text)
	s.trusted.Store(true)
	return protocompile.SearchResult{Proto: file}, err
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
