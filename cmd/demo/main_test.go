package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts execute this test's binary as demo.
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"demo": main}) }

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", RequireExplicitExec: true})
}

// TestDependencies finds drivers that the demo does not use: each would have to be built before its first line appears.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 100 {
		t.Fatalf("the demo has %d dependencies", len(packages))
	}
	for _, unused := range []string{
		"github.com/cockroachdb/pebble", "github.com/go-sql-driver", "github.com/jackc/pgx", "github.com/redis/go-redis",
		"go.mongodb.org", "google.golang.org/grpc",
	} {
		for _, pkg := range packages {
			if pkg == unused || strings.HasPrefix(pkg, unused+"/") {
				t.Errorf("the demo depends on %s", pkg)
			}
		}
	}
}
