package redisconn

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"time"
)

var errTooLarge = errors.New("the answer is larger than allowed")

// dialer connects to a server, encrypted where there is a TLS configuration, and bounds what it may answer.
func dialer(cfg Config) func(ctx context.Context, network, addr string) (net.Conn, error) {
	plain := &net.Dialer{Timeout: cfg.Timeout, KeepAlive: 30 * time.Second}
	dial := plain.DialContext
	switch {
	case cfg.RenewTLS != nil:
		dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			return (&tls.Dialer{NetDialer: plain, Config: cfg.RenewTLS().Clone()}).DialContext(ctx, network, addr)
		}
	case cfg.TLS != nil:
		dial = (&tls.Dialer{NetDialer: plain, Config: cfg.TLS.Clone()}).DialContext
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		bounded := &boundedConn{Conn: conn, limit: cfg.MaxAnswerBytes, left: cfg.MaxAnswerBytes}
		if tcp, ok := conn.(syscall.Conn); ok {
			return &peekedConn{boundedConn: bounded, Conn: tcp}, nil
		}
		return bounded, nil
	}
}

// boundedConn fails a read beyond a limit. The driver writes all commands of a pipeline before it reads the first
// answer, so what is read between two writes is what was answered to one call.
type boundedConn struct {
	net.Conn

	limit, left int64
}

func (c *boundedConn) Write(p []byte) (int, error) {
	c.left = c.limit
	return c.Conn.Write(p)
}

func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooLarge
	}
	n, err := c.Conn.Read(p)
	c.left -= int64(n)
	return n, err
}

// peekedConn lets the driver see whether the server has closed the connection, before it sends a call over it.
type peekedConn struct {
	*boundedConn
	syscall.Conn
}
