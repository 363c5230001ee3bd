//go:build unix

package strictyaml_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// The file of a variable is a regular file, or a link to one as on Kubernetes. Anything else is refused at once, with its
// place.
func TestFileOfAVariableIsRegular(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		syscall.Mkfifo(at("pipe"), 0o600), os.Mkdir(at("folder"), 0o700), os.WriteFile(at("secret"), []byte("orders\n"), 0o600),
		os.WriteFile(at("large"), make([]byte, 1<<20+1), 0o600), os.Symlink("secret", at("link")), os.Symlink("pipe", at("linked-pipe")), os.Symlink("..data/no", at("broken")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, problem := range map[string]string{
		"secret": "", "link": "", "pipe": "it is not a regular file", "folder": "it is not a regular file", "linked-pipe": "it is not a regular file",
		"/dev/zero": "it is not a regular file", "/dev/tty": "it is not a regular file", "large": "is larger than 1 MiB", "broken": "no such file",
	} {
		_, _, err := decode(t, "text: ${file:"+name+"}\n"+least, strictyaml.Options{Dir: dir})
		if problem == "" && err != nil || problem != "" && (err == nil || !strings.HasPrefix(err.Error(), "shop.yaml:1:7: ") || !strings.Contains(err.Error(), problem)) {
			t.Errorf("%s: %v, want %q at shop.yaml:1:7", name, err, problem)
		}
	}
}
