package doctest_test

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// requirement is a module that go.mod requires, as go mod edit -json prints it.
type requirement struct {
	Path, Version string
	Indirect      bool
}

// directRequirements are the modules whose packages this module imports.
func directRequirements(t *testing.T) []requirement {
	t.Helper()
	command := exec.Command("go", "mod", "edit", "-json")
	command.Dir = root
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Require []requirement }
	if err := json.Unmarshal(out, &file); err != nil {
		t.Fatal(err)
	}
	direct := slices.DeleteFunc(file.Require, func(r requirement) bool { return r.Indirect })
	if len(direct) < 10 {
		t.Fatalf("go.mod requires %d modules", len(direct))
	}
	return direct
}

var (
	firstCell = regexp.MustCompile(`(?m)^\| ([^|]+) \|`)
	inParens  = regexp.MustCompile(` \([^)]*\)`)
)

// TestEveryDependencyHasAReason compares go.mod with the table of ADR 0001, in both directions.
func TestEveryDependencyHasAReason(t *testing.T) {
	var required, explained []string
	for _, r := range directRequirements(t) {
		required = append(required, r.Path)
	}
	for _, m := range firstCell.FindAllStringSubmatch(read(t, "docs/adr/0001-dependencies.md"), -1) {
		if m[1] == "library" { // the heading
			continue
		}
		for path := range strings.SplitSeq(inParens.ReplaceAllString(m[1], ""), ", ") {
			if host, _, _ := strings.Cut(path, "/"); !strings.Contains(host, ".") {
				path = "github.com/" + path
			}
			explained = append(explained, path)
		}
	}
	slices.Sort(required)
	slices.Sort(explained)
	if diff := cmp.Diff(required, explained); diff != "" {
		t.Errorf("-go.mod +docs/adr/0001-dependencies.md:\n%s", diff)
	}
}

var preRelease = regexp.MustCompile(`-(rc|alpha|beta|pre|dev)\b|-(rc|alpha|beta|pre|dev)[0-9]`)

// TestDependenciesAreStable finds pre-releases. Commits of modules that have no release yet are right.
func TestDependenciesAreStable(t *testing.T) {
	for _, r := range directRequirements(t) {
		if preRelease.MatchString(r.Version) {
			t.Errorf("go.mod requires %s %s, which is not a release", r.Path, r.Version)
		}
	}
}

func TestPreReleasesAreKnown(t *testing.T) {
	for version, want := range map[string]bool{
		"v4.0.0-rc.4": true, "v4.0.0-rc4": true, "v1.0.0-alpha": true, "v1.0.0-beta.1": true, "v1.0.0-pre.1": true,
		"v1.0.0-rc.1.0.20261016150608-1facf8f91b50": true,
		"v1.0.0": false, "v0.0.0-20261016150608-1facf8f91b50": false, "v1.0.1-0.20250507153514-87eb42fe8882": false, "v2.0.0+incompatible": false,
	} {
		if preRelease.MatchString(version) != want {
			t.Errorf("%s: want pre-release %v", version, want)
		}
	}
}
