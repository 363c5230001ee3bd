package doctest_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/goldentest"
)

const (
	rulesBegin = "        # One rule for each layer of docs/ARCHITECTURE.md, made by: go test ./internal/doctest -run TestDepguard -update\n"
	rulesEnd   = "        # The end of these rules.\n"
)

// TestDepguard holds the rules of depguard to the table of packages in ARCHITECTURE.md.
func TestDepguard(t *testing.T) {
	const path = ".golangci.yml"
	before, rest, ok := strings.Cut(read(t, path), rulesBegin)
	_, after, ends := strings.Cut(rest, rulesEnd)
	if !ok || !ends {
		t.Fatalf("%s has no rules of layers", path)
	}
	want := before + rulesBegin + rulesOf(layersOf(t, read(t, "docs/ARCHITECTURE.md"))) + rulesEnd + after
	goldentest.Compare(t, filepath.Join(root, path), want)
}

// rulesOf makes a rule for each layer but the top one. It denies the layers above, or everything but its own layer and those
// below, whichever is shorter.
func rulesOf(layers []layer) string {
	layers = slices.DeleteFunc(layers, func(l layer) bool { return l.name == topLayer })
	var b strings.Builder
	for i, own := range layers[1:] {
		above, below := packagesOf(layers[:i+1]), packagesOf(layers[i+1:])
		fmt.Fprintf(&b, "        %s:\n          files:\n", strings.ReplaceAll(strings.ToLower(own.name), " ", "-"))
		for _, pkg := range own.packages {
			file := "**/" + pkg + "/*.go"
			if pkg == "." {
				file = "${config-path}/*.go"
			}
			fmt.Fprintf(&b, "            - %q\n", file)
		}
		b.WriteString("            - \"!$test\"\n")
		desc := fmt.Sprintf("%q", own.name+" import no layer above: see docs/ARCHITECTURE.md")
		if len(above) > len(below) {
			fmt.Fprintf(&b, "          list-mode: lax\n          deny: [{pkg: %s, desc: %s}]\n          allow:\n", module, desc)
			for _, pkg := range below {
				fmt.Fprintf(&b, "            - %s\n", importPath(pkg))
			}
			continue
		}
		b.WriteString("          deny:\n")
		for _, pkg := range above {
			fmt.Fprintf(&b, "            - {pkg: %s, desc: %s}\n", importPath(pkg), desc)
		}
	}
	return b.String()
}

// packagesOf returns the packages of layers in order.
func packagesOf(layers []layer) []string {
	var all []string
	for _, l := range layers {
		all = append(all, l.packages...)
	}
	slices.Sort(all)
	return all
}

// importPath returns a package as a rule has it. The dollar sign leaves out the packages below it.
func importPath(pkg string) string { return strings.TrimSuffix(module+"/"+pkg, "/.") + "$" }
