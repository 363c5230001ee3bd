// Package devlisten opens the addresses of development servers: of the broker and the schema registry in this process.
package devlisten

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
)

// Error says why nobody can listen on an address, and what to write.
type Error struct{ Err error }

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }

// Listen listens on an address, as host:port; port 0 is any free one. It refuses addresses that clients could not connect to. example is an
// address that its errors, which are *Errors, show.
func Listen(ctx context.Context, address, example string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &Error{fmt.Errorf("%q is not host:port, such as %s", address, example)}
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return nil, &Error{fmt.Errorf("%q is not an address that clients can connect to; write one of this host's, such as %s", address, example)}
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		reason := err
		if op, ok := errors.AsType[*net.OpError](err); ok {
			reason = op.Err
		}
		if call, ok := errors.AsType[*os.SyscallError](err); ok {
			reason = call.Err
		}
		return nil, &Error{fmt.Errorf("cannot listen on %s: %w", address, reason)}
	}
	return l, nil
}
