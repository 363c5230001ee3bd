package doctest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mostExported bounds the exported identifiers of the public packages: see docs/adr/0028-public-packages.md.
const mostExported = 579

// TestExportedIdentifiers counts the exported identifiers of the public packages: declarations, methods of exported types,
// exported fields, and methods of interfaces. Each declaration has a comment.
func TestExportedIdentifiers(t *testing.T) {
	counts := map[string]int{}
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if strings.HasPrefix(name, ".") && path != root || slices.Contains([]string{"internal", "cmd", "examples", "testenv", "bench", "testdata"}, name) {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			counts[filepath.Dir(path)] += exportedIn(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	if total > mostExported {
		t.Errorf("%d exported identifiers, at most %d: what only loaderline's own packages use belongs in internal/", total, mostExported)
		for _, dir := range slices.Sorted(maps.Keys(counts)) {
			t.Logf("%4d %s", counts[dir], dir)
		}
	}
}

// exportedIn counts the exported identifiers of a file.
func exportedIn(t *testing.T, path string) (n int) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	count := func(name *ast.Ident, comments ...*ast.CommentGroup) {
		if !name.IsExported() {
			return
		}
		n++
		if !slices.ContainsFunc(comments, func(c *ast.CommentGroup) bool { return c != nil }) {
			t.Errorf("%s: %s has no comment", files.Position(name.Pos()), name.Name)
		}
	}
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type)) {
				count(d.Name, d.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.ValueSpec:
					for _, name := range s.Names {
						count(name, d.Doc, s.Doc, s.Comment)
					}
				case *ast.TypeSpec:
					count(s.Name, d.Doc, s.Doc, s.Comment)
					if s.Name.IsExported() {
						n += members(s.Type)
					}
				}
			}
		}
	}
	return n
}

// receiver returns the name of a method's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// members counts the exported fields of a struct, with those of structs in it, or the exported methods of an interface. An
// embedded struct is one field. The methods of an embedded interface are counted where it is declared.
func members(e ast.Expr) (n int) {
	var fields *ast.FieldList
	_, isInterface := e.(*ast.InterfaceType)
	switch e := e.(type) {
	case *ast.StructType:
		fields = e.Fields
	case *ast.InterfaceType:
		fields = e.Methods
	default:
		return 0
	}
	for _, field := range fields.List {
		for _, name := range field.Names {
			if name.IsExported() {
				n += 1 + members(field.Type)
			}
		}
		if len(field.Names) == 0 && !isInterface && ast.IsExported(receiver(field.Type)) {
			n++
		}
	}
	return n
}
