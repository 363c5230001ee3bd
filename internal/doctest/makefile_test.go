package doctest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// make test leaves the race detector out where there is nothing for it to find: these packages do one thing at a time.
func TestPackagesWithoutRaceDetectorAreSequential(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, "Makefile"), "\nSEQUENTIAL := ")
	pattern, _, ok := strings.Cut(rest, "\n")
	if !ok {
		t.Fatal("Makefile has no SEQUENTIAL")
	}
	isSequential, err := regexp.Compile("^(" + pattern + ")$")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, pkg := range slices.Sorted(maps.Keys(importsOf(t))) {
		if !isSequential.MatchString(pkg) {
			continue
		}
		found++
		for _, what := range concurrencyIn(t, filepath.Join(root, pkg)) {
			t.Errorf("package %s is in SEQUENTIAL of the Makefile, and has %s", pkg, what)
		}
	}
	if found == 0 {
		t.Error("SEQUENTIAL of the Makefile matches no package")
	}
}

// concurrencyIn returns what a package has that the race detector is for, outside its tests.
func concurrencyIn(t *testing.T, folder string) (found []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range file.Imports {
			if p := strings.Trim(i.Path.Value, `"`); p == "sync" || p == "sync/atomic" || strings.HasPrefix(p, "golang.org/x/sync/") {
				found = append(found, files.Position(i.Pos()).String()+" importing "+p)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.GoStmt, *ast.ChanType, *ast.SelectStmt:
				found = append(found, files.Position(n.Pos()).String()+" a goroutine or a channel")
			}
			return true
		})
	}
	return found
}
