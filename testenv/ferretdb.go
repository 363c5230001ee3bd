package testenv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	ferretModule  = "github.com/FerretDB/FerretDB"
	ferretVersion = "v1.24.2"
	ferretSum     = "h1:trrUU0LbmusMbyubhPS1IELncvrIwKrsRT2LW1UUWCw="
	// buildTimeout bounds the first build, which compiles all that FerretDB imports.
	buildTimeout = 10 * time.Minute
)

// ferretDB returns the path of FerretDB. Its module is built as a module of its own: it has other versions of what we import. Only
// its main module can be built as a program, and wants a file that its releases have and the module does not.
func ferretDB(ctx context.Context) (string, error) {
	const name = "ferretdb"
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	dir, err := cached(ctx, name+"-"+ferretVersion, func(work, out string) error {
		downloaded, err := runGo(ctx, work, "mod", "download", "-json", ferretModule+"@"+ferretVersion)
		if err != nil {
			return err
		}
		var module struct{ Dir, Sum string }
		if err := json.Unmarshal(downloaded, &module); err != nil {
			return err
		}
		if module.Sum != ferretSum {
			return fmt.Errorf("%s %s has the checksum %s, and not %s", ferretModule, ferretVersion, module.Sum, ferretSum)
		}
		source := filepath.Join(work, "source")
		err = errors.Join(
			os.CopyFS(source, os.DirFS(module.Dir)),
			os.WriteFile(filepath.Join(source, "build", "version", "version.txt"), []byte(ferretVersion+"\n"), 0o644),
			os.Mkdir(out, 0o755),
		)
		if err != nil {
			return err
		}
		_, err = runGo(ctx, source, "build", "-tags=ferretdb_no_postgresql", "-buildvcs=false", "-trimpath", "-o", filepath.Join(out, name), "./cmd/ferretdb")
		return err
	})
	return filepath.Join(dir, name), err
}

// runGo runs the go command in a folder of another module, and returns what it writes to its standard output.
func runGo(ctx context.Context, dir string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
	out, err := command.Output()
	if err != nil {
		var said []byte
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			said = exit.Stderr[max(0, len(exit.Stderr)-2<<10):]
		}
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, said)
	}
	return out, nil
}
