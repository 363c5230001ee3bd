package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// process is one running program of a processor.
type process struct {
	launch
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer  // read them after exited.
	exited         chan struct{} // closed once the process has been reaped.
	err            error         // how it ended; read it after exited.
}

// start starts a process, which runs until it is ended.
func start(ctx context.Context, l launch) (*process, error) {
	const grace = 5 * time.Second // for a grandchild that holds the output.
	p := &process{launch: l, exited: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), l.argv[0], l.argv[1:]...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.WaitDelay = grace
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C reaches the bench, which ends it.
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// ended returns why a process that was not to end has ended, with the last of what it printed.
func (p *process) ended() error {
	return fmt.Errorf("%s ended by itself: %w%s", filepath.Base(p.argv[0]), p.exit(), p.lastWords())
}

// exit is how the process ended, an error also where it exited with 0.
func (p *process) exit() error {
	if p.err == nil {
		return errors.New("exit status 0")
	}
	return p.err
}

// lastWords is the end of what the process printed to standard error, introduced.
func (p *process) lastWords() string {
	const keep = 2 << 10
	text := bytes.TrimSpace(p.stderr.Bytes())
	if len(text) == 0 {
		return ""
	}
	return "; it printed:\n" + string(text[max(len(text)-keep, 0):])
}

// end asks the process to end in order, and kills it where it does not.
func (p *process) end() error {
	const grace = 30 * time.Second
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // One that has ended needs none.
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
		_ = p.cmd.Process.Kill()
		<-p.exited
		return fmt.Errorf("%s did not end within %s of SIGTERM%s", filepath.Base(p.argv[0]), grace, p.lastWords())
	}
	if p.err != nil {
		return fmt.Errorf("%s did not end in order: %w%s", filepath.Base(p.argv[0]), p.err, p.lastWords())
	}
	return nil
}

// cpu returns the user and system seconds of a process that has ended.
func (p *process) cpu() float64 {
	return (p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()).Seconds()
}

// peakMemory returns the largest resident set of a running process, in MiB. The resource usage of a child says the
// parent's where that is larger, since the two share their memory until the child's program is loaded.
func (p *process) peakMemory() (float64, error) {
	pid := p.cmd.Process.Pid
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	kib, err := number(bytes.NewReader(status), "VmHWM:")
	if err != nil {
		return 0, fmt.Errorf("peak memory of process %d: %w", pid, err)
	}
	return kib / 1024, nil
}

// scrape returns the bytes that a running process says it has allocated so far; 0 where it has no metrics.
func (p *process) scrape(ctx context.Context) (int64, error) {
	if p.http == "" {
		return 0, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.http+"/metrics", http.NoBody)
	if err != nil {
		return 0, err
	}
	request.Close = true
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close() //nolint:errcheck // It was read.
	bytes, err := number(answer.Body, "go_memstats_alloc_bytes_total")
	return int64(bytes), err
}

// printed returns the bytes that a process that has ended says it has allocated; 0 where it says nothing.
func (p *process) printed() int64 {
	bytes, err := number(&p.stdout, "allocated_bytes")
	if err != nil {
		return 0
	}
	return int64(bytes)
}

// number returns the number after name, in the line that begins with it.
func number(text io.Reader, name string) (float64, error) {
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), name)
		if !ok {
			continue
		}
		var n float64
		if _, err := fmt.Sscan(rest, &n); err == nil {
			return n, nil
		}
	}
	return 0, errors.Join(fmt.Errorf("there is no %s", name), lines.Err())
}
