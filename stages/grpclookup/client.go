package grpclookup

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // Services may compress what they answer.
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/loaderline/loaderline/internal/guardedhttp"
	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages"
)

// client is a lookup.Client.
type client struct {
	cfg      Config
	metadata metadata.MD
	dialer   *net.Dialer
	conn     *grpc.ClientConn
	// lastDial is why the last try to connect failed, since the driver's errors have only the text of it. It holds nil if the try
	// succeeded.
	lastDial atomic.Pointer[error]
}

// roundRobin spreads the calls over all addresses of the host: otherwise a process would keep to one instance of the service for as long
// as its connection lasts.
const roundRobin = `{"loadBalancingConfig": [{"round_robin": {}}]}`

func (c *client) open() (err error) {
	c.dialer = &net.Dialer{Timeout: c.cfg.Timeout, Control: guardedhttp.RefuseBlocked}
	c.conn, err = grpc.NewClient("dns:///"+c.cfg.Address,
		grpc.WithContextDialer(c.dial),
		grpc.WithTransportCredentials(c.credentials()),
		grpc.WithNoProxy(),
		grpc.WithUserAgent("loaderline"),
		grpc.WithStatsHandler(progressHandler{}),
		grpc.WithDisableServiceConfig(), // That of the DNS.
		grpc.WithDefaultServiceConfig(roundRobin),
		// The engine waits between its calls, and a connection must not be away for longer than it waits.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: c.cfg.Timeout,
		}),
		// A call ends before the first ping, which services do not like to see often. Pings are for connections on which no call is
		// answered.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: max(20*time.Second, 2*c.cfg.Timeout), Timeout: c.cfg.Timeout}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(int(c.cfg.MaxAnswerBytes))))
	return err
}

func (c *client) dial(ctx context.Context, address string) (net.Conn, error) {
	conn, err := c.dialer.DialContext(ctx, "tcp", address)
	c.noteDial(err)
	return conn, err
}

// noteDial remembers how a try to connect has ended.
func (c *client) noteDial(err error) {
	if err == nil {
		c.lastDial.Store(nil)
		return
	}
	c.lastDial.Store(&err)
}

// outgoing is the context of a call with its metadata, and what notes how far the call comes.
func (c *client) outgoing(ctx context.Context) (context.Context, *progress) {
	p := new(progress)
	ctx = metadata.NewOutgoingContext(ctx, c.metadata)
	return context.WithValue(ctx, progressKey{}, p), p
}

// invoke calls a method with a message, and returns its response. The error is a *callError.
func (c *client) invoke(ctx context.Context, method string, request []byte) (response []byte, err error) {
	ctx, p := c.outgoing(ctx)
	if err := c.conn.Invoke(ctx, method, request, &response, grpc.ForceCodecV2(rawCodec{})); err != nil {
		return nil, newCallError(p, err)
	}
	return response, nil
}

// Ping implements lookup.Client. Its error is for the operator: it names the address and no credentials.
func (c *client) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	c.conn.ResetConnectBackoff()
	if err := c.askHealth(ctx); err != nil {
		return fmt.Errorf("%s: %w", c.cfg.Address, err)
	}
	return nil
}

// askHealth asks for the health of the service. A service that answers without having any is well.
func (c *client) askHealth(ctx context.Context) error {
	out, p := c.outgoing(ctx)
	response, err := grpc_health_v1.NewHealthClient(c.conn).Check(out, &grpc_health_v1.HealthCheckRequest{})
	if err == nil {
		if s := response.GetStatus(); s != grpc_health_v1.HealthCheckResponse_SERVING {
			return &serviceerr.Error{Status: "UNAVAILABLE", Message: "the service says of its health: " + s.String()}
		}
		return nil
	}
	failed := c.failure(ctx, newCallError(p, err), healthMethod, 0)
	if p.ended.Load() && stages.ClassOf(failed) != stages.Transient && status.Code(err) != codes.Unauthenticated {
		return nil
	}
	return failed
}

const healthMethod = "grpc.health.v1.Health/Check"

// Close implements lookup.Client.
func (c *client) Close() error { return c.conn.Close() }

// rawCodec passes messages through as they are on the wire.
type rawCodec struct{}

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

// Name is that of the wire format, which is part of the content type.
func (rawCodec) Name() string { return "proto" }
