package grpclookup

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/stats"
)

// progress is how far a call has come, which the driver's errors do not say.
type progress struct {
	began atomic.Bool // there is a response
	ended atomic.Bool // the service has ended the call, and not the driver in place of it
}

// progressKey is where the context of a call has its *progress.
type progressKey struct{}

// progressHandler is a stats.Handler that notes how far calls have come.
type progressHandler struct{}

// TagRPC returns the context as it is.
func (progressHandler) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// HandleRPC notes the header and the trailer of a call.
func (progressHandler) HandleRPC(ctx context.Context, s stats.RPCStats) {
	p, ok := ctx.Value(progressKey{}).(*progress)
	if !ok {
		return
	}
	switch s.(type) {
	case *stats.InHeader:
		p.began.Store(true)
	case *stats.InTrailer:
		p.ended.Store(true)
	}
}

// TagConn returns the context as it is.
func (progressHandler) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn does nothing.
func (progressHandler) HandleConn(context.Context, stats.ConnStats) {}

// credentials are those of the client's configuration.
func (c *client) credentials() credentials.TransportCredentials {
	if c.cfg.TLS == nil && c.cfg.RenewTLS == nil {
		return insecure.NewCredentials()
	}
	return &renewed{TransportCredentials: credentials.NewTLS(c.cfg.TLS), client: c}
}

// renewed are credentials whose configuration can be another one for each connection.
type renewed struct {
	credentials.TransportCredentials // of the configuration that is not renewed

	client *client
}

// ClientHandshake uses the current configuration.
func (r *renewed) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	config := r.client.cfg.TLS
	if renew := r.client.cfg.RenewTLS; renew != nil {
		config = renew()
	}
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	conn, info, err := credentials.NewTLS(config).ClientHandshake(ctx, nameOf(config, authority), raw)
	r.client.noteDial(err)
	return conn, info, err
}

// nameOf is the name that a certificate must have.
func nameOf(config *tls.Config, authority string) string {
	if config.ServerName != "" {
		return config.ServerName
	}
	return authority
}

// Clone returns credentials of the same client.
func (r *renewed) Clone() credentials.TransportCredentials {
	return &renewed{TransportCredentials: r.TransportCredentials.Clone(), client: r.client}
}
