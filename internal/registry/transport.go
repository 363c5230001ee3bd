package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// errTooLarge is the error of a response that is larger than Config.MaxResponseBytes.
var errTooLarge = errors.New("the response is too large")

// redirectError is the error of a request that was answered by a redirect.
type redirectError struct{ to string }

func (e *redirectError) Error() string { return "redirected to " + e.to }

// refuseRedirect is an http.Client's CheckRedirect.
func refuseRedirect(r *http.Request, _ []*http.Request) error {
	return &redirectError{to: r.URL.Scheme + "://" + r.URL.Host}
}

// transport is an http.RoundTripper that bounds responses, because sr reads them to their end.
type transport struct {
	http   *http.Transport
	most   int64
	dialer net.Dialer
	renew  func() *tls.Config
}

// maxConns bounds the connections to one host.
const maxConns = 8

func newTransport(cfg Config) *transport {
	t := &transport{most: cfg.MaxResponseBytes, dialer: net.Dialer{Timeout: cfg.Timeout, KeepAlive: 30 * time.Second}, renew: cfg.RenewTLS}
	t.http = &http.Transport{
		DialContext:            t.dialer.DialContext,
		TLSHandshakeTimeout:    cfg.Timeout,
		MaxConnsPerHost:        maxConns,
		MaxIdleConnsPerHost:    maxConns,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
	}
	if t.renew != nil {
		t.http.DialTLSContext = t.dialTLS
	}
	return t
}

// dialTLS connects with the current configuration.
func (t *transport) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	config := t.renew().Clone()
	config.NextProtos = []string{"h2", "http/1.1"}
	return (&tls.Dialer{NetDialer: &t.dialer, Config: config}).DialContext(ctx, network, address)
}

func (t *transport) closeIdle() { t.http.CloseIdleConnections() }

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.http.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = &boundedBody{body: response.Body, left: t.most}
	return response, nil
}

// boundedBody fails with errTooLarge behind its bound.
type boundedBody struct {
	body io.ReadCloser
	left int64 // negative once more was read than the bound
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	// One byte more than the bound tells a response that is larger from one that ends there.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.body.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, errTooLarge
	}
	return n, err
}

// Close implements io.Closer.
func (b *boundedBody) Close() error { return b.body.Close() }
