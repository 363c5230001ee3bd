package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The bounds of a client that is slow or wants too much.
const (
	readTimeout    = 5 * time.Second
	writeTimeout   = 15 * time.Second
	idleTimeout    = time.Minute
	maxHeaderBytes = 16 << 10
	stopTimeout    = 2 * time.Second
)

// Config says what a server shows. Zero values are defaults.
type Config struct {
	// Listen is the address, as host:port. Port 0 takes a free one. Required.
	Listen string
	// Pipeline is its name, which its proofs of the token are about.
	Pipeline string
	// Token allows what is more than metrics and health from other machines. Defaults to none: that is refused.
	Token string
	// Metrics serves /metrics. Required.
	Metrics http.Handler
	// Health serves /healthz and /readyz. Required.
	Health *Health
	// Status serves GET /api/status. Defaults to none: there is no such path.
	Status func() Status
	// Invalidate does what POST /api/invalidate asks for. Defaults to none: there is no such path.
	Invalidate Invalidate
	// Logger receives what the server has to complain of, at debug level. Defaults to none.
	Logger *slog.Logger
}

// Server is a server that listens.
type Server struct {
	listener net.Listener
	http     *http.Server
}

// Listen takes the address. An address that is taken, or that is none of this machine, is an error that says so.
func Listen(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen: %w", err)
	}
	return &Server{listener: listener, http: &http.Server{
		Handler:           handler(cfg, isLoopback(listener.Addr().String())),
		ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
		ErrorLog:       slog.NewLogLogger(cfg.Logger.Handler(), slog.LevelDebug),
	}}, nil
}

// Addr is the address that was taken, with its port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Serve serves requests until ctx ends, and then finishes open requests, for at most two seconds.
func (s *Server) Serve(ctx context.Context) error {
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err := s.http.Shutdown(grace)
		if errors.Is(err, context.DeadlineExceeded) {
			err = s.http.Close() // Who is that slow is not waited for.
		}
		stopped <- err
	})
	err := s.http.Serve(s.listener)
	if !stop() { // It was ctx.
		err = <-stopped
	}
	if err != nil {
		return fmt.Errorf("serve HTTP at %s: %w", s.Addr(), err)
	}
	return nil
}

// Close gives an address back that is not served.
func (s *Server) Close() error { return s.listener.Close() }
