package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// command is how a server process is started.
type command struct {
	path  string
	args  []string
	dir   string
	env   []string // HOME, PATH and LC_ALL are set for all.
	owner *account // nil runs it as the caller.
	death syscall.Signal
	log   string // the file that takes stdout and stderr.
	input string // the file that is stdin; empty is none.
}

// build returns the command, ready to start. The process outlives ctx: it is ended by signals only.
func (c command) build(ctx context.Context, log *os.File) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), c.path, c.args...)
	cmd.Dir = c.dir
	cmd.Env = append([]string{"HOME=" + c.dir, "PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}, c.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: c.owner.credential()}
	setDeathSignal(cmd.SysProcAttr, c.death)
	return cmd
}

// run runs the command to its end; its error quotes the end of the log.
func (c command) run(ctx context.Context) error {
	p, err := c.start(ctx)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.kill()
		return fmt.Errorf("%s: %w", filepath.Base(c.path), context.Cause(ctx))
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w%s", filepath.Base(c.path), p.err, logTail(c.log))
	}
	return nil
}

// start starts the command.
func (c command) start(ctx context.Context) (*process, error) {
	p := &process{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel sends the death signal when the thread that forked ends, not the process:
		// the thread is held until the child has been reaped.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		log, err := os.OpenFile(c.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			started <- err
			return
		}
		defer func() { _ = log.Close() }()
		cmd := c.build(ctx, log)
		if c.input != "" {
			input, err := os.Open(c.input)
			if err != nil {
				started <- err
				return
			}
			defer func() { _ = input.Close() }()
			cmd.Stdin = input
		}
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		p.pid = cmd.Process.Pid
		started <- nil
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.path, err)
	}
	return p, nil
}

// process is a started child in its own process group.
type process struct {
	pid  int
	done chan struct{} // closed once the child has been reaped.
	err  error         // how it ended; read after done.
}

// ended reports whether the process has been reaped.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// signal sends sig to the process alone; one that has ended gets none.
func (p *process) signal(sig syscall.Signal) error {
	if p.ended() {
		return os.ErrProcessDone
	}
	return syscall.Kill(p.pid, sig)
}

// tree returns the process and its children's ids. The children of PostgreSQL have their own sessions, so the
// process group does not reach them.
func (p *process) tree() []int {
	pids := []int{p.pid}
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.pid))
	for _, file := range files {
		list, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for field := range strings.FieldsSeq(string(list)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// kill ends the process and its children by SIGKILL and waits until all are gone.
func (p *process) kill() {
	if p.ended() {
		return
	}
	pids := p.tree()
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	<-p.done
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 400 { // a child's reaper is not ours: two seconds, then it is left to it.
		gone := true
		for _, pid := range pids[1:] {
			gone = gone && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
		}
		if gone {
			return
		}
		<-tick.C
	}
}

// killed is kill for a process that was seen running.
func (p *process) killed() error {
	p.kill()
	return nil
}

// signalTree sends sig to the process and its children.
func (p *process) signalTree(sig syscall.Signal) error {
	if err := p.signal(sig); err != nil {
		return err
	}
	for _, pid := range p.tree()[1:] {
		_ = syscall.Kill(pid, sig) // one that has just ended needs none.
	}
	return nil
}

// pause stops the process and its children by SIGSTOP, and waits until all their threads have stopped: a thread that is at work learns
// of the signal a little later.
func (p *process) pause() error {
	const patience = 10 * time.Second
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if err := p.signalTree(syscall.SIGSTOP); err != nil { // Again, as there may be new children.
			return err
		}
		if !slices.ContainsFunc(p.tree(), func(pid int) bool { return !stopped(pid) }) {
			return nil
		}
	}
	return fmt.Errorf("pid %d has not stopped within %s of SIGSTOP", p.pid, patience)
}

// stop asks the process to end by sig, and kills it where it has not ended within grace or before ctx does.
func (p *process) stop(ctx context.Context, sig syscall.Signal, grace time.Duration) error {
	if err := p.signal(sig); err != nil {
		return nil // it has ended already, which is what was asked for.
	}
	_ = p.signal(syscall.SIGCONT) // a frozen process cannot end in order.
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	p.kill()
	return fmt.Errorf("pid %d did not end within %s of %s and was killed", p.pid, grace, sig)
}

// logTail returns the last lines of a log, introduced, to end an error message with.
func logTail(path string) string {
	const keep = 4 << 10
	text, err := os.ReadFile(path)
	if err != nil || len(text) == 0 {
		return ""
	}
	if len(text) > keep {
		text = text[len(text)-keep:]
		if _, rest, ok := strings.Cut(string(text), "\n"); ok {
			text = []byte(rest)
		}
	}
	return "; its log ends:\n" + strings.TrimSpace(string(text))
}
