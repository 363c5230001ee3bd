//go:build chaos

package stages_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheModelFindsWrongVersions builds defects from the real source, and demands that the property test of loaders and caches finds
// each. Where a passage is no longer in the source, write the defect anew.
func TestTheModelFindsWrongVersions(t *testing.T) {
	for name, m := range map[string]struct{ file, old, new string }{
		"the version before": {"versions.go", "	return i, true\n", "	return max(i-1, 0), true\n"},
		"the version after":  {"versions.go", "	return i, true\n", "	return min(i+1, len(v.versions)-1), true\n"},
		"final at any time":  {"appendonly.go", "w[i].Before(time.Now().Add(-r.Age-commitDelay))", "r.Age > 0"},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := filepath.Abs(m.file)
			if err != nil {
				t.Fatal(err)
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(source), m.old); n != 1 {
				t.Fatalf("%s has the passage %d times, want once: %s", m.file, n, m.old)
			}
			replaced, overlay := filepath.Join(t.TempDir(), m.file), filepath.Join(t.TempDir(), "overlay.json")
			if err := os.WriteFile(replaced, []byte(strings.Replace(string(source), m.old, m.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(map[string]any{"Replace": map[string]string{file: replaced}})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(overlay, text, 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-count=1", "-run", "TestLoadersAndCachesKeepTheRules", ".")
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "FAIL: TestLoadersAndCachesKeepTheRules") {
				t.Errorf("the defect is not found: %v\n%s", err, out)
			}
		})
	}
}
