package doctest_test

import (
	"cmp"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

const module = "github.com/loaderline/loaderline"

// topLayer is the layer of tests and tools, which may import everything.
const topLayer = "Tests and tools"

// layer is a row of the table of packages.
type layer struct {
	name     string
	packages []string
}

// TestArchitecture holds the table of packages in ARCHITECTURE.md to the packages that exist, each in one row, and their
// imports to the order of the rows.
func TestArchitecture(t *testing.T) {
	layers := layersOf(t, read(t, "docs/ARCHITECTURE.md"))
	rows := map[string]int{}
	for row, l := range layers {
		for _, pkg := range l.packages {
			if _, twice := rows[pkg]; twice {
				t.Errorf("docs/ARCHITECTURE.md has package %s twice", pkg)
			}
			rows[pkg] = row
		}
	}
	// rowOf finds a package, or for the layer of tests and tools a folder above it.
	rowOf := func(pkg string) (int, bool) {
		if row, ok := rows[pkg]; ok {
			return row, true
		}
		folder, _, _ := strings.Cut(pkg, "/")
		row, ok := rows[folder]
		return row, ok && layers[row].name == topLayer
	}
	imports := importsOf(t)
	for pkg, imported := range imports {
		row, ok := rowOf(pkg)
		if !ok {
			t.Errorf("package %s is not in the table of docs/ARCHITECTURE.md", pkg)
			continue
		}
		for _, other := range imported {
			if above, ok := rowOf(other); ok && above < row && layers[row].name != topLayer {
				t.Errorf("%s (%s) imports %s (%s), which is in a layer above", pkg, layers[row].name, other, layers[above].name)
			}
		}
	}
	for pkg := range rows {
		if _, ok := imports[pkg]; !ok {
			t.Errorf("docs/ARCHITECTURE.md names package %s, which does not exist", pkg)
		}
	}
}

// layersOf reads the table of packages, from top to bottom.
func layersOf(t *testing.T, page string) []layer {
	t.Helper()
	_, section, ok := strings.Cut(page, "\n## Packages\n")
	section, _, _ = strings.Cut(section, "\n## ")
	if !ok {
		t.Fatal("docs/ARCHITECTURE.md has no section Packages")
	}
	var layers []layer
	names := regexp.MustCompile("(?:^|· )`([a-z0-9/.]+)`")
	for line := range strings.Lines(section) {
		name, packages, ok := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if !ok || name == "Layer" {
			continue
		}
		l := layer{name: name}
		for _, match := range names.FindAllStringSubmatch(packages, -1) {
			l.packages = append(l.packages, match[1])
		}
		layers = append(layers, l)
	}
	if len(layers) < 10 {
		t.Fatalf("docs/ARCHITECTURE.md has %d layers", len(layers))
	}
	return layers
}

// importsOf returns the packages of the module, and which others of it each imports outside of tests. The root is ".".
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	short := func(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, module), "/") }
	imports := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		pkg := cmp.Or(short(words[0]), ".")
		imports[pkg] = nil
		for _, path := range words[1:] {
			if path == module || strings.HasPrefix(path, module+"/") {
				imports[pkg] = append(imports[pkg], cmp.Or(short(path), "."))
			}
		}
	}
	return imports
}
