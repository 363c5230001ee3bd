package testenv

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// program is something that a service needs on this machine.
type program struct {
	name   string
	debian string                 // the package that has it.
	find   func() (string, error) // returns its path.
}

// onPath is a program that is found on PATH.
func onPath(name, debian string) program {
	return program{name: name, debian: debian, find: func() (string, error) { return exec.LookPath(name) }}
}

// locate returns the paths of the programs, in order. It first installs missing programs if this is a Debian machine and
// we may; otherwise the error names them and the command that installs them. A test run
// with -short gets none, so that no test forgets [Own] or [NeedServices].
func locate(ctx context.Context, programs ...program) ([]string, error) {
	if testing.Testing() && testing.Short() {
		return nil, errShort
	}
	paths, missing := search(programs)
	if len(missing) == 0 {
		return paths, nil
	}
	if err := install(ctx, missing); err != nil {
		return nil, err
	}
	paths, missing = search(programs)
	if len(missing) != 0 {
		return nil, fmt.Errorf("%s: still not found after the installation", names(missing))
	}
	return paths, nil
}

// search looks for programs.
func search(programs []program) (paths []string, missing []program) {
	for _, p := range programs {
		path, err := p.find()
		if err != nil {
			missing = append(missing, p)
		}
		paths = append(paths, path)
	}
	return paths, missing
}

// names lists programs for a message.
func names(programs []program) string {
	var list []string
	for _, p := range programs {
		list = append(list, p.name)
	}
	return strings.Join(list, ", ")
}

// install installs the Debian packages of the programs. Neither does PostgreSQL's package make a cluster
// then, nor do the packages' own services start: the run level says that this is no time for it.
func install(ctx context.Context, missing []program) error {
	var packages []string
	for _, p := range missing {
		packages = append(packages, p.debian)
	}
	slices.Sort(packages)
	packages = slices.Compact(packages)
	hint := "apt-get install -y --no-install-recommends " + strings.Join(packages, " ")
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("%s not found; on Debian it comes by: %s", names(missing), hint)
	}
	prefix, err := asRoot(ctx)
	if err != nil {
		return fmt.Errorf("%s not found, and installing needs root (%w); run: %s", names(missing), err, hint)
	}
	unlock, err := lockCache(ctx, "install")
	if err != nil {
		return err
	}
	defer unlock()
	script := strings.Join([]string{
		"set -e",
		"export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1",
		"mkdir -p /etc/postgresql-common",
		"[ -e /etc/postgresql-common/createcluster.conf ] ||" +
			" echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf",
		hint + " || { apt-get update && " + hint + "; }",
	}, "\n")
	argv := slices.Concat(prefix, []string{"sh", "-c", script})
	out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		tail := out[max(0, len(out)-2<<10):]
		return fmt.Errorf("installing %s: %w; run it by hand: %s\n%s", names(missing), err, hint, tail)
	}
	return nil
}

// asRoot returns the words that go before a command to run it as root, without asking anybody.
func asRoot(ctx context.Context) ([]string, error) {
	if os.Geteuid() == 0 {
		return []string{}, nil
	}
	if err := exec.CommandContext(ctx, "sudo", "-n", "true").Run(); err != nil {
		return nil, fmt.Errorf("sudo: %w", err)
	}
	return []string{"sudo", "-n"}, nil
}
