package doctest_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// patience is how long a command of a page may take, on a busy machine.
const patience = 90 * time.Second

// step is a command and what it prints.
type step struct {
	command string
	want    []string
}

// steps are the commands of a console block.
func steps(b block) []step {
	var all []step
	for line := range strings.SplitSeq(strings.TrimSuffix(b.text, "\n"), "\n") {
		if command, is := strings.CutPrefix(line, "$ "); is {
			all = append(all, step{command: command})
		} else if len(all) > 0 {
			last := &all[len(all)-1]
			last.want = append(last.want, line)
		}
	}
	return all
}

// pattern matches what the step says is printed. Where nothing is said, anything may be.
func (s step) pattern() *regexp.Regexp {
	if len(s.want) == 0 {
		return regexp.MustCompile("")
	}
	var p strings.Builder
	p.WriteString("(?m)")
	for _, line := range s.want {
		if line == "..." {
			p.WriteString(`(?:^.*\n)*?`)
			continue
		}
		p.WriteString("^" + strings.ReplaceAll(regexp.QuoteMeta(line), `\.\.\.`, ".*") + `\n`)
	}
	return regexp.MustCompile(p.String())
}

func TestPatternsTellOutputsApart(t *testing.T) {
	s := step{want: []string{"...", "published ... events", "...", "lost  0"}}
	for out, want := range map[string]bool{
		"published 3 events\nlost  0\n":              true,
		"begin\npublished 3 events\nmore\nlost  0\n": true,
		"published 3 events\nlost  01\n":             false,
		"lost  0\npublished 3 events\n":              false,
	} {
		if got := s.pattern().MatchString(out); got != want {
			t.Errorf("%q matches: %v, want %v", out, got, want)
		}
	}
}

// TestCommandsPrintWhatPagesSay runs the commands of each page in its order.
func TestCommandsPrintWhatPagesSay(t *testing.T) {
	for _, p := range pages(t) {
		if checkedElsewhere(p.path) {
			continue
		}
		t.Run(filepath.Base(p.path), func(t *testing.T) {
			t.Parallel()
			r := newReader(t)
			for _, b := range p.blocks {
				switch b.kind() {
				case "yaml wrong", "yaml file", "json file", "proto file":
					r.write(b.attrs["wrong"]+b.attrs["file"], b.text)
				case "console", "console background", "console fails":
					r.follow(p, b)
				}
			}
		})
	}
}

// reader does what a page tells its reader to do.
type reader struct {
	t      *testing.T
	dir    string
	broker string // its address, where pages have Kafka's usual one
	env    []string
}

func newReader(t *testing.T) *reader {
	t.Helper()
	r := &reader{t: t, dir: t.TempDir(), broker: freeAddress(t)}
	r.env = []string{"KAFKA_BROKERS=" + r.broker, "SHOP_DSN=postgres://shop.example/shop", "HTTP_LISTEN=127.0.0.1:0", "NO_COLOR=1", "TERM=dumb"}
	if err := os.CopyFS(filepath.Join(r.dir, "examples"), os.DirFS(filepath.Join(root, "examples"))); err != nil {
		t.Fatal(err)
	}
	return r
}

func freeAddress(t *testing.T) string {
	t.Helper()
	free, err := testenv.FreeAddresses(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return free[0]
}

func (r *reader) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// follow runs a block's commands.
func (r *reader) follow(p page, b block) {
	r.t.Helper()
	all := steps(b)
	for i, s := range all {
		_, background := b.attrs["background"]
		if background && i == len(all)-1 {
			r.start(p, b, s)
			return
		}
		r.run(p, b, s)
		r.move()
	}
}

// run runs a command to its end, and gives what it printed.
func (r *reader) run(p page, b block, s step) string {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	out, err := r.command(ctx, s.command).CombinedOutput()
	want := cmp.Or(b.attrs["fails"], "0")
	got := "0"
	if exit, failed := errors.AsType[*exec.ExitError](err); failed {
		got = strconv.Itoa(exit.ExitCode())
	} else if err != nil {
		r.t.Fatalf("%s:%d: %s: %v", p.path, b.line, s.command, err)
	}
	if got != want {
		r.t.Fatalf("%s:%d: %s: exit code %s, want %s\n%s", p.path, b.line, s.command, got, want, out)
	}
	if !s.pattern().Match(out) {
		r.t.Fatalf("%s:%d: %s printed\n%s\nwant\n%s", p.path, b.line, s.command, out, strings.Join(s.want, "\n"))
	}
	return string(out)
}

// start runs a command until the page ends.
func (r *reader) start(p page, b block, s step) {
	r.t.Helper()
	out := &output{pattern: s.pattern(), matched: make(chan struct{})}
	cmd := r.command(context.WithoutCancel(r.t.Context()), "exec "+s.command)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	r.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT) // It may have ended, which the next lines see.
		select {
		case err := <-ended:
			if err != nil {
				r.t.Errorf("%s:%d: %s: %v after Ctrl-C\n%s", p.path, b.line, s.command, err, out)
			}
		case <-time.After(patience):
			r.t.Errorf("%s:%d: %s still runs after Ctrl-C\n%s", p.path, b.line, s.command, out)
			_ = cmd.Process.Kill()
			if err := <-ended; err != nil {
				r.t.Log(err)
			}
		}
	})
	select {
	case <-out.matched:
	case err := <-ended:
		ended <- nil
		r.t.Fatalf("%s:%d: %s ended: %v\n%s", p.path, b.line, s.command, err, out)
	case <-time.After(patience):
		r.t.Fatalf("%s:%d: %s printed\n%s\nwant\n%s", p.path, b.line, s.command, out, strings.Join(s.want, "\n"))
	}
}

// command is a command of a page, which takes this test's broker for that of the page.
func (r *reader) command(ctx context.Context, line string) *exec.Cmd {
	line = strings.NewReplacer("go run ./cmd/loaderline", "loaderline", "go run ./cmd/demo", "loaderline demo").Replace(line)
	line = strings.ReplaceAll(line, "loaderline broker", "loaderline broker --listen "+r.broker)
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), r.env...)
	return cmd
}

// move makes pipeline files that a command wrote name this test's broker, and listen where no other test does.
func (r *reader) move() {
	r.t.Helper()
	addresses := strings.NewReplacer("localhost:9092", r.broker, "127.0.0.1:9092", r.broker)
	err := filepath.WalkDir(r.dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text := addresses.Replace(string(data))
		if strings.Contains(text, "\ndead_letter:") && !strings.Contains(text, "\nhttp:") {
			text += "\nhttp: {listen: \"\"}\n"
		}
		return os.WriteFile(path, []byte(text), 0o600)
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// output keeps what a program prints, and says when it matches.
type output struct {
	pattern *regexp.Regexp
	matched chan struct{}

	mu   sync.Mutex
	text bytes.Buffer
	done bool
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.text.Write(p)
	if !o.done && o.pattern.Match(o.text.Bytes()) {
		o.done = true
		close(o.matched)
	}
	return n, err
}

// String is what was printed until now.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
