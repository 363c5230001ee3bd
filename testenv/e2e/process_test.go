package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var errEnded = errors.New("nobody told it to")

// process is one running pipeline.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	log   *logs
	ended chan struct{}
	err   error
	told  atomic.Bool // to end
}

// run starts the pipeline as another instance.
func (s *scenario) run(instance string) *process {
	s.t.Helper()
	p := &process{t: s.t, log: newLogs(), ended: make(chan struct{})}
	p.cmd = exec.Command(binary(s.t), "run", s.file)
	p.cmd.Env = append(os.Environ(), "SHOP_DSN="+s.dsn, "INSTANCE="+instance)
	p.cmd.Stderr, p.cmd.Stdout = p.log, p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		if !p.told.Load() {
			s.died(fmt.Errorf("instance %q ended by itself: %w", instance, errors.Join(errEnded, p.err)))
		}
		close(p.ended)
	}()
	s.t.Cleanup(func() {
		p.told.Store(true)
		_ = p.cmd.Process.Kill()
		<-p.ended
		if s.t.Failed() {
			s.t.Logf("the log of instance %q ends:\n%s", instance, p.log.tail())
		}
	})
	return p
}

// logged waits until the process has logged a text.
func (p *process) logged(text string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	if err := p.log.await(ctx, text); err != nil {
		p.t.Fatalf("%q is not logged: %v", text, err)
	}
}

// kill is SIGKILL.
func (p *process) kill() {
	p.t.Helper()
	p.told.Store(true)
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	<-p.ended
}

// terminate is SIGTERM; the process has to exit with 0 within 10 s.
func (p *process) terminate() {
	p.t.Helper()
	p.terminateWithin(10 * time.Second)
}

// terminateWithin is terminate with another bound, for a process that has to wait for brokers as it drains.
func (p *process) terminateWithin(bound time.Duration) {
	p.t.Helper()
	p.logged(`"started"`) // Before that it may not know what to do about signals.
	p.told.Store(true)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	start := time.Now()
	if code := p.exit(bound); code != 0 {
		p.t.Errorf("SIGTERM: exit %d after %v", code, time.Since(start))
	}
}

// exit waits for the end of the process and gives its code.
func (p *process) exit(within time.Duration) int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(within):
		p.t.Fatalf("the process has not ended after %v", within)
	}
	if exit, ok := errors.AsType[*exec.ExitError](p.err); ok {
		return exit.ExitCode()
	}
	return 0
}

// stopped is what a process says at its end about what it did.
func (p *process) stopped() (said struct{ Records int }) {
	p.t.Helper()
	line := p.log.line(`"msg":"stopped"`)
	if err := json.Unmarshal(line, &said); err != nil {
		p.t.Fatalf("%q: %v", line, err)
	}
	return said
}
