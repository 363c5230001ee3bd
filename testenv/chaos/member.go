package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// exitTime is how long a process may take from SIGTERM to its end.
const exitTime = 20 * time.Second

// foundNoBroker begins the last words of a process that reached no broker for ten seconds when it started. A process that
// has reached one waits for the brokers.
var foundNoBroker = regexp.MustCompile(`"error":"kafka at \S+ (connect|list topics|keep the connection).*"exit_code":3`)

// member is a process of the pipeline, which may be started again after its end.
type member struct {
	round   *Round
	name    string
	armed   string // the file that says where it is to be stopped
	log     string
	env     []string // of its own
	address string   // where it serves HTTP; empty where it does not
	kills   int
	peak    int64 // bytes of memory

	mu       sync.Mutex
	cmd      *exec.Cmd // nil while it does not run
	ended    chan struct{}
	err      error // how it ended; read after ended
	expected bool  // to end
}

func newMember(r *Round, name string) *member {
	m := &member{round: r, name: name, armed: filepath.Join(r.dir, name+".failpoint"), log: filepath.Join(r.dir, name+".log")}
	m.env = []string{"INSTANCE=" + name, "LOADERLINE_FAILPOINT=" + m.armed, "LISTEN="}
	return m
}

// listens has the process answer over HTTP.
func (m *member) listens(address string) {
	m.address = address
	m.env = append(m.env, "LISTEN="+address)
}

// environment is that of the process.
func (m *member) environment() []string {
	return append(append(os.Environ(), m.env...), "PASSWORD="+m.round.password)
}

// elsewhere has the process not see the others of this host, as if it ran on another one.
func (m *member) elsewhere() {
	m.log = strings.TrimSuffix(m.log, ".log") + "-elsewhere.log"
	m.env = append(m.env, "TMPDIR="+m.round.dir)
}

func (m *member) start(ctx context.Context) error {
	_, err := m.run(ctx, false)
	return err
}

// startToEnd starts a process that is to end by itself, and returns what closes when it has.
func (m *member) startToEnd(ctx context.Context) (<-chan struct{}, error) { return m.run(ctx, true) }

func (m *member) run(ctx context.Context, ends bool) (<-chan struct{}, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.runLocked(ctx, ends)
}

// runLocked needs mu.
func (m *member) runLocked(ctx context.Context, ends bool) (<-chan struct{}, error) {
	if m.cmd != nil {
		return nil, fmt.Errorf("process %s runs already", m.name)
	}
	log, err := os.OpenFile(m.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), m.round.options.Binary, "run", m.round.file)
	cmd.Env = m.environment()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error), make(chan struct{})
	go func() {
		// The kernel sends the death signal when this thread ends.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		m.over(ctx, cmd.Wait(), ended)
		_ = log.Close()
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(err, log.Close())
	}
	m.cmd, m.ended, m.expected = cmd, ended, ends
	return ended, nil
}

// over notes the end of the process. It starts a process again that found no broker at its start, as a supervisor does.
func (m *member) over(ctx context.Context, err error, ended chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err, m.cmd = err, nil
	close(ended)
	if m.expected {
		return
	}
	if last, _ := m.lastWords(); foundNoBroker.Match(last) && m.round.running.Err() == nil {
		if _, err = m.runLocked(ctx, false); err == nil {
			return
		}
	}
	m.round.fail(fmt.Errorf("process %s ended by itself: %w; see %s", m.name, ending(err), m.log))
}

// ending is why a process ended, an error also where the process exited with 0.
func ending(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

func (m *member) running() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cmd != nil
}

// signal sends a signal and returns what closes when the process has ended.
func (m *member) signal(sig syscall.Signal, ends bool) (<-chan struct{}, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cmd == nil {
		return nil, fmt.Errorf("process %s does not run", m.name)
	}
	m.expected = m.expected || ends
	return m.ended, m.cmd.Process.Signal(sig)
}

func (m *member) kill() error {
	ended, err := m.signal(syscall.SIGKILL, true)
	if err != nil {
		return err
	}
	<-ended
	m.kills++
	return nil
}

// terminate asks the process to end, which it has to do in order and in time.
func (m *member) terminate() error {
	ended, err := m.signal(syscall.SIGTERM, true)
	if err != nil {
		return err
	}
	select {
	case <-ended:
	case <-time.After(exitTime):
		return errors.Join(fmt.Errorf("process %s has not ended %v after SIGTERM", m.name, exitTime), m.kill())
	}
	if m.err != nil {
		return fmt.Errorf("process %s at SIGTERM: %w; see %s", m.name, m.err, m.log)
	}
	return nil
}

// gaveUp returns nil where the process has ended by itself, and its last words hold what they have to.
func (m *member) gaveUp(says string) error {
	const failed = 1 // or more; a signal has none.
	exit, ok := errors.AsType[*exec.ExitError](m.err)
	if !ok || exit.ExitCode() < failed {
		return fmt.Errorf("process %s ended with %w, not with exit code %d; see %s", m.name, ending(m.err), failed, m.log)
	}
	last, err := m.lastWords()
	if err == nil && !bytes.Contains(last, []byte(says)) {
		err = fmt.Errorf("process %s ended and does not say %q, but: %s", m.name, says, last)
	}
	return err
}

// lastWords is the last line of the log.
func (m *member) lastWords() ([]byte, error) {
	text, err := os.ReadFile(m.log)
	text = bytes.TrimSpace(text)
	return text[bytes.LastIndexByte(text, '\n')+1:], err
}

// close ends the process however it is.
func (m *member) close() {
	if m.running() {
		_ = m.kill()
	}
}
