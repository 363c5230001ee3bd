package chaos

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// Build builds the command with failpoints into a folder, from the module's sources with some of them replaced: overlay
// is a file as `go build -overlay` reads it, or empty.
func Build(ctx context.Context, dir, overlay string) (binary string, err error) {
	binary = filepath.Join(dir, "loaderline")
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", "failpoint", "-overlay", overlay, "-o", binary, "github.com/loaderline/loaderline/cmd/loaderline")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the command: %w\n%s", err, out)
	}
	return binary, nil
}
