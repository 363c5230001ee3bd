package counterpart

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/loaderline/loaderline/testenv"
)

//go:embed python java
var sources embed.FS

// StartPython starts the program in Python over a broker, host:port, and a registry, the URL of Confluent's API.
func StartPython(ctx context.Context, broker, registry string) (*Program, error) {
	python, err := testenv.FindPythonSerdes(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := unpack("python")
	if err != nil {
		return nil, err
	}
	return start(ctx, "the program in Python", dir, python, "counterpart.py", broker, registry)
}

// StartJava compiles and starts the program in Java over a broker, host:port, and a registry, the URL of Confluent's API of Apicurio.
func StartJava(ctx context.Context, broker, registry string) (*Program, error) {
	tools, err := testenv.FindJavaSerdes(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := unpack("java")
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.java"))
	if err != nil {
		return nil, err
	}
	const faster = "-J-XX:TieredStopAtLevel=1"
	javac := exec.CommandContext(ctx, tools.Javac, append([]string{faster, "-nowarn", "-cp", tools.ClassPath, "-d", dir}, files...)...)
	if said, err := javac.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("compiling the program in Java: %w\n%s", err, said), os.RemoveAll(dir))
	}
	own := strings.Replace(registry, "/apis/ccompat/v7", "/apis/registry/v2", 1)
	return start(ctx, "the program in Java", dir, tools.Java, "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Dslf4j.internal.verbosity=ERROR", "-cp", dir+string(filepath.ListSeparator)+tools.ClassPath, "Counterpart", broker, own)
}

// unpack writes the sources of a program to a folder of its own.
func unpack(language string) (string, error) {
	program, err := fs.Sub(sources, language)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "loaderline-counterpart-")
	if err != nil {
		return "", err
	}
	if err := os.CopyFS(dir, program); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}
