package plural_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/plural"
)

func TestCount(t *testing.T) {
	for _, test := range []struct {
		n    int64
		of   string
		want string
	}{
		{0, "record", "0 records"},
		{1, "record", "1 record"},
		{2, "micro-batch", "2 micro-batches"},
		{1_234, "dead letter", "1,234 dead letters"},
	} {
		if got := plural.Count(test.n, test.of); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// byHand is a number before a plural, which is wrong for 1. Rates such as records/s are always plural.
var byHand = regexp.MustCompile(`%(\[\d\])?[ds] (more |other )?(attempt|call|check|column|event|group|item|key|line|member|offset|outcome|parameter|part|partition|path|record|round trip|row|source|stage|test|time|topic|type|worker)s\b([^/]|$)`)

// TestNoMessageWritesAPluralByHand reads all texts of the code that users see.
func TestNoMessageWritesAPluralByHand(t *testing.T) {
	read := 0
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "bench" || entry.Name() == "testenv" || entry.Name() == "tiertest"):
			return filepath.SkipDir // They are for those who develop.
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		read++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && byHand.MatchString(text.Value) {
				t.Errorf("%s: %s: write it with plural.Count", set.Position(text.Pos()), text.Value)
			}
			return true
		})
		return nil
	})
	if err != nil || read < 100 {
		t.Fatalf("read %d files: %v", read, err)
	}
}
