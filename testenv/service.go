package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

const (
	startTimeout = 90 * time.Second
	stopGrace    = 20 * time.Second
)

// ErrRunning is returned by [Service.Start] for a service that has not been stopped.
var ErrRunning = errors.New("already running")

// ErrStopped is returned for a signal to a service that is not running.
var ErrStopped = errors.New("not running")

// Service is a server process on loopback, with its data in a temporary folder. Its ports and its data stay the
// same over [Service.Stop], [Service.Kill] and [Service.Start]; [Service.Close] ends it for good. It runs as the
// user nobody when the caller is root, in its own process group, and on Linux it ends with the process
// that started it. It is safe for concurrent use.
type Service struct {
	name    string
	address string
	dir     string
	command command
	stop    syscall.Signal
	ready   func(context.Context) error
	claim   *flock.Flock // held while this process lives: see removeAbandoned.

	mu      sync.Mutex
	process *process // nil before the first start.
}

// newService makes the data folder of a service, owned by the account its server will run as.
func newService(name string) (*Service, error) {
	owner, err := serverAccount()
	if err != nil {
		return nil, err
	}
	removeAbandoned(name)
	dir, err := os.MkdirTemp("", folderPrefix(name))
	if err != nil {
		return nil, fmt.Errorf("data folder of %s: %w", name, err)
	}
	s := &Service{name: name, dir: dir, stop: syscall.SIGTERM, claim: claimFolder(dir)}
	if err := s.claim.Lock(); err != nil {
		return nil, errors.Join(fmt.Errorf("data folder of %s: %w", name, err), os.RemoveAll(dir))
	}
	s.command = command{dir: dir, owner: owner, death: syscall.SIGKILL, log: filepath.Join(dir, name+".log")}
	if err := owner.own(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("data folder of %s: %w", name, err), os.RemoveAll(dir))
	}
	return s, nil
}

// launch starts a service for the first time; one that fails leaves nothing behind.
func (s *Service) launch(ctx context.Context) (*Service, error) {
	if err := s.Start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Address returns where clients reach the service: host:port, for PostgreSQL and MariaDB a DSN.
func (s *Service) Address() string { return s.address }

// Dir returns the folder with the service's data and its log.
func (s *Service) Dir() string { return s.dir }

// Start starts a service that was stopped or killed, on its old ports and data, and returns once it answers. A
// server that ends before it answers, or does not answer within 90 seconds or before ctx ends, is an error that
// quotes the end of its log. A running one is [ErrRunning].
func (s *Service) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil && !s.process.ended() {
		return fmt.Errorf("starting %s: %w", s.name, ErrRunning)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("no answer within %s", startTimeout))
	defer cancel()
	process, err := s.command.start(ctx)
	if err != nil {
		return fmt.Errorf("starting %s: %w", s.name, err)
	}
	s.process = process
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = s.ready(ctx); err == nil {
			return nil
		}
		select {
		case <-process.done:
			return fmt.Errorf("starting %s: it ended early: %w%s", s.name, exitError(process), logTail(s.command.log))
		case <-ctx.Done():
			process.kill()
			return fmt.Errorf("starting %s: %w (last answer: %w)%s", s.name, context.Cause(ctx), err, logTail(s.command.log))
		case <-tick.C:
		}
	}
}

// exitError returns why a reaped process ended, which for a status of zero is still an error to who waited for it.
func exitError(p *process) error {
	if p.err != nil {
		return p.err
	}
	return errors.New("exit status 0")
}

// Stop ends the service in order and keeps its data. After 20 seconds, or when ctx ends, it is killed, and the
// error says so. A service that is not running is left as it is.
func (s *Service) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	if err := s.process.stop(ctx, s.stop, stopGrace); err != nil {
		return fmt.Errorf("stopping %s: %w", s.name, err)
	}
	return nil
}

// Kill ends the service by SIGKILL, as a crash would, and returns once its processes are gone.
func (s *Service) Kill() error { return s.signalled("killing", (*process).killed) }

// Pause freezes the service by SIGSTOP: its connections stay open and nothing answers. It returns once all threads have stopped.
func (s *Service) Pause() error { return s.signalled("pausing", (*process).pause) }

// Resume lets a paused service go on.
func (s *Service) Resume() error {
	return s.signalled("resuming", func(p *process) error { return p.signalTree(syscall.SIGCONT) })
}

// signalled does something to the running process.
func (s *Service) signalled(doing string, f func(*process) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil || s.process.ended() {
		return fmt.Errorf("%s %s: %w", doing, s.name, ErrStopped)
	}
	if err := f(s.process); err != nil {
		return fmt.Errorf("%s %s: %w", doing, s.name, err)
	}
	return nil
}

// Close stops the service and removes its data. The service is of no use afterwards.
func (s *Service) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*stopGrace)
	defer cancel()
	return errors.Join(s.Stop(ctx), s.claim.Close(), os.RemoveAll(s.dir))
}
