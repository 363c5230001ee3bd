package testenv

import (
	"os"
	"path/filepath"
	"testing"
)

// A Python without venv, or an old one, is missing as one that is not there, and the package that helps is named.
func TestPythonThatIsMissing(t *testing.T) {
	for name, script := range map[string]string{"none": "", "one without venv": "#!/bin/sh\nexit 1\n"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("PATH", dir)
			if script != "" {
				if err := os.WriteFile(filepath.Join(dir, "python3"), []byte(script), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if _, missing := search([]program{pythonProgram(t.Context())}); len(missing) != 1 || missing[0].debian != "python3-venv" {
				t.Errorf("missing: %v", missing)
			}
		})
	}
}
