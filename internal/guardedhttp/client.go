// Package guardedhttp has the HTTP client of everything that a pipeline file can name by a URL.
//
// A pipeline must not be a way into the network that it runs in. A dial to a link-local address, or to a metadata service of a
// cloud, is refused whatever name led there. Redirects are not followed. Proxies of the environment are not used.
package guardedhttp

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Config says how a Client connects.
type Config struct {
	// TLS is the configuration of https connections. Defaults to the system's roots.
	TLS *tls.Config
	// RenewTLS returns the configuration for the next connection, in place of TLS. It is called concurrently. Defaults to none.
	RenewTLS func() *tls.Config
	// Pool is the number of connections to one host at most.
	Pool int
	// Timeout bounds the time to connect. The context of a request bounds the request.
	Timeout time.Duration
}

// Client sends requests. It is safe for concurrent use.
type Client struct {
	// Dialer connects. Only tests change it, before the first request.
	Dialer *net.Dialer

	cfg       Config
	transport *http.Transport
	http      *http.Client
}

// New returns a client without connecting.
func New(cfg Config) *Client {
	c := &Client{cfg: cfg, Dialer: &net.Dialer{Timeout: cfg.Timeout, KeepAlive: 30 * time.Second, Control: RefuseBlocked}}
	c.transport = &http.Transport{
		DialContext:            c.Dialer.DialContext,
		TLSClientConfig:        cfg.TLS.Clone(),
		TLSHandshakeTimeout:    cfg.Timeout,
		MaxConnsPerHost:        cfg.Pool,
		MaxIdleConnsPerHost:    cfg.Pool,
		MaxIdleConns:           cfg.Pool,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
	}
	if cfg.RenewTLS != nil {
		c.transport.DialTLSContext = c.dialTLS
	}
	c.http = &http.Client{
		Transport:     c.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// HTTP returns the client in the form that other libraries take.
func (c *Client) HTTP() *http.Client { return c.http }

// Do sends a request. Words explains its error.
func (c *Client) Do(r *http.Request) (*http.Response, error) { return c.http.Do(r) }

// Connect connects to the host of a URL, and sends nothing. Words explains its error.
func (c *Client) Connect(ctx context.Context, u *url.URL) error {
	port := u.Port()
	if port == "" {
		port = u.Scheme
	}
	dial := c.Dialer.DialContext
	if u.Scheme == "https" {
		dial = c.dialTLS
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return err
	}
	_ = conn.Close() // Nothing was sent.
	return nil
}

// dialTLS connects with the current configuration.
func (c *Client) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	config := c.cfg.TLS
	if c.cfg.RenewTLS != nil {
		config = c.cfg.RenewTLS()
	}
	if config = config.Clone(); config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config.NextProtos = []string{"h2", "http/1.1"}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	return (&tls.Dialer{NetDialer: c.Dialer, Config: config}).DialContext(ctx, network, address)
}

// Close ends idle connections. Connections in use end with their requests.
func (c *Client) Close() { c.transport.CloseIdleConnections() }
