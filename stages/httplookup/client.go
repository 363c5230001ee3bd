package httplookup

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/guardedhttp"
	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Config says which service to use, and how. The zero value of each field but URL is its default.
type Config struct {
	// URL is where the service is: https://host or https://host/v2. It holds no credentials, query or fragment.
	URL string
	// Header is sent with each request, such as Authorization: Bearer TOKEN. No error shows its values.
	Header map[string]lookup.Secret
	// Token returns the bearer token of the next request, such as one that OAuth 2.0 issues. refused is empty, or a token that the
	// service has just answered with 401: the request is then sent once more with the token that Token returns. It is called
	// concurrently, for each request. Its error has a class by stages.ClassOf, and a text without secrets, addresses and keys.
	// Defaults to none.
	Token func(ctx context.Context, refused lookup.Secret) (lookup.Secret, error) `json:"-"`
	// TLS is the configuration of https connections. Defaults to the system's roots.
	TLS *tls.Config `json:"-"`
	// RenewTLS returns the configuration for the next connection, in place of TLS, so that certificates can be renewed without
	// a restart. It is called concurrently. Defaults to none.
	RenewTLS func() *tls.Config `json:"-"`
	// Health is the path below URL that returns 2xx to a GET while the service works, for Ping. Defaults to none: Ping then
	// only connects.
	Health string
	// Pool is the number of connections at most. Defaults to 8.
	Pool int
	// Timeout bounds one request up to the end of its answer. Defaults to 5 s.
	Timeout time.Duration
	// MaxAnswerBytes bounds one answer after its decompression. Defaults to 64 MiB, and is 1 GiB at most. A larger answer
	// is a permanent error, so that the engine asks again for fewer keys.
	MaxAnswerBytes int64
}

func (cfg Config) withDefaults() Config {
	if cfg.Pool <= 0 {
		cfg.Pool = 8
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 5 * time.Second
	}
	if cfg.MaxAnswerBytes <= 0 {
		cfg.MaxAnswerBytes = 64 << 20
	}
	cfg.MaxAnswerBytes = min(cfg.MaxAnswerBytes, 1<<30)
	return cfg
}

// client is a lookup.Client.
type client struct {
	cfg    Config
	base   *url.URL
	header http.Header
	health *url.URL // nil: there is none
	http   *guardedhttp.Client
}

// Open makes a client of a service without connecting, whatever ctx is. Its error has all mistakes in the configuration, and quotes
// no value.
//
// The client's Lookup checks a query without a request to the service, and ignores its context. All its errors are
// fatal by stages.ClassOf. Ping requests Config.Health, or gets a token and only connects. Close ends idle connections.
// Connections in use end with their calls.
func Open(_ context.Context, cfg Config) (lookup.Client[Query], error) {
	cfg = cfg.withDefaults()
	c := &client{cfg: cfg}
	var urlErr, healthErr, headerErr error
	if c.base, urlErr = parseBase(cfg.URL); urlErr == nil && cfg.Health != "" {
		if c.health, healthErr = below(c.base, cfg.Health); healthErr != nil {
			healthErr = fmt.Errorf("health: %w", healthErr)
		}
	}
	c.header, headerErr = parseHeader(cfg.Header)
	if err := errors.Join(urlErr, healthErr, headerErr); err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	if c.cfg.Token != nil && c.header.Get("Authorization") != "" {
		return nil, errors.New("http: the header Authorization is set, and Token has another value for it: leave out one of them")
	}
	c.http = guardedhttp.New(guardedhttp.Config{TLS: cfg.TLS, RenewTLS: cfg.RenewTLS, Pool: cfg.Pool, Timeout: cfg.Timeout})
	return c, nil
}

func parseBase(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return nil, errors.New("there is no url: it says where the service is, such as https://host/v2")
	case err != nil: // Its text quotes the URL, which may hold a password.
		return nil, errors.New("the url cannot be read: write it as https://host/v2")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the url begins with neither http:// nor https://")
	case u.Hostname() == "":
		return nil, errors.New("the url has no host: write it as https://host/v2")
	case u.User != nil:
		return nil, errors.New("the url holds credentials: send them by a header, such as Authorization")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("the url has a query or a fragment: a query belongs to a stage's path")
	}
	if address, err := netip.ParseAddr(u.Hostname()); err == nil && guardedhttp.Blocked(address) {
		return nil, fmt.Errorf("the url's address %s is link-local or a metadata service: it is never asked", address)
	}
	return u, nil
}

// below is a URL of the same host whose path begins with the base's.
func below(base *url.URL, path string) (*url.URL, error) {
	ref, err := url.Parse(path)
	if err != nil || ref.Scheme != "" || ref.Host != "" || ref.User != nil || ref.Fragment != "" || ref.Opaque != "" {
		return nil, errors.New("the path is not a path below the url, such as /users/lookup")
	}
	for segment := range strings.SplitSeq(ref.Path, "/") {
		if segment == ".." {
			return nil, errors.New("the path has .. in it, which leads out of the url")
		}
	}
	u := base
	if ref.Path != "" {
		u = base.JoinPath(ref.EscapedPath())
	}
	joined := *u
	joined.RawQuery = ref.RawQuery
	return &joined, nil
}

// Ping implements lookup.Client. Its error is for the operator: it names the host and no credentials.
func (c *client) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	ask := c.connect
	if c.health != nil {
		ask = c.askHealth
	}
	if err := ask(ctx); err != nil {
		return fmt.Errorf("%s://%s: %w", c.base.Scheme, c.base.Host, err)
	}
	return nil
}

func (c *client) askHealth(ctx context.Context) error {
	response, err := c.send(ctx, http.MethodGet, c.health, nil)
	if err != nil {
		return err
	}
	release(response)
	if response.StatusCode/100 != 2 {
		return statusError(response, time.Now())
	}
	return nil
}

// connect gets a token, if the service wants one, and connects.
func (c *client) connect(ctx context.Context) error {
	if _, err := c.token(ctx, ""); err != nil {
		return err
	}
	if err := c.http.Connect(ctx, c.base); err != nil {
		return serviceerr.Unanswered(ctx, err)
	}
	return nil
}

// Close implements lookup.Client.
func (c *client) Close() error {
	c.http.Close()
	return nil
}
