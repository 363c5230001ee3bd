package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/sr"
)

// Client asks a registry. It is safe for concurrent use.
type Client struct {
	cfg       Config
	endpoints []*endpoint
	transport *transport
	current   atomic.Int32 // the endpoint that answered last
}

// endpoint is one of the URLs of a registry.
type endpoint struct {
	url *url.URL
	sr  *sr.Client
}

// Open makes a Client without connecting. Its error has all mistakes in the configuration, and quotes no secret.
func Open(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	urls, err := cfg.parseURLs()
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	c := &Client{cfg: cfg, transport: newTransport(cfg)}
	opts := []sr.ClientOpt{
		sr.UserAgent("loaderline"),
		sr.LogLevel(sr.LogLevelNone),
		sr.PreReq(acceptJSON),
		sr.HTTPClient(&http.Client{Transport: c.transport, CheckRedirect: refuseRedirect}),
	}
	if cfg.Username != "" {
		opts = append(opts, sr.BasicAuth(cfg.Username, string(cfg.Password)))
	}
	if cfg.Token != "" {
		opts = append(opts, sr.BearerToken(string(cfg.Token)))
	}
	for _, u := range urls {
		client, err := sr.NewClient(append(slices.Clip(opts), sr.URLs(u.String()))...)
		if err != nil {
			return nil, fmt.Errorf("registry: %w", err)
		}
		c.endpoints = append(c.endpoints, &endpoint{url: u, sr: client})
	}
	return c, nil
}

// acceptJSON lets a registry answer in plain JSON too. Apicurio's own API knows no other.
func acceptJSON(r *http.Request) error {
	r.Header.Set("Accept", "application/vnd.schemaregistry.v1+json, application/json")
	return nil
}

// Ping returns nil if the registry answers, knows the user, and is a registry.
func (c *Client) Ping(ctx context.Context) error {
	var answer json.RawMessage
	err := c.do(ctx, request{method: http.MethodGet, path: "/schemas/types"}, &answer)
	if errors.Is(err, ErrWrongURL) { // Old registries do not have it, and franz-go's srfake does not either.
		err = c.do(ctx, request{method: http.MethodGet, path: "/config"}, &answer)
	}
	return err
}

// Close ends idle connections. Connections in use end with their calls.
func (c *Client) Close() { c.transport.closeIdle() }

// request is what a registry is asked.
type request struct {
	method, path string
	params       sr.Param
	body         any
}

// do sends a request, and decodes the response as JSON. It begins with the URL that answered last, and asks the next ones
// while they are away.
func (c *Client) do(ctx context.Context, r request, into any) error {
	var away []error
	first := int(c.current.Load())
	for i := range c.endpoints {
		at := (first + i) % len(c.endpoints)
		err := c.ask(ctx, c.endpoints[at], r, into)
		if !errors.Is(err, ErrAway) {
			c.current.Store(int32(at))
			return err
		}
		if away = append(away, err); ctx.Err() != nil {
			break
		}
	}
	if len(away) == 1 {
		return away[0]
	}
	return awayError(away)
}

// ask sends a request to one URL.
func (c *Client) ask(ctx context.Context, e *endpoint, r request, into any) error {
	attempt, cancel := context.WithTimeout(sr.WithParams(ctx, r.params), c.cfg.Timeout)
	defer cancel()
	var body []byte
	err := e.sr.Do(attempt, r.method, r.path, r.body, &body)
	if refused, ok := errors.AsType[*sr.ResponseError](err); ok {
		return statusError(e.url, refused)
	}
	if err != nil {
		return connectionError(ctx, e.url, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return bodyError(e.url, body, err)
	}
	return nil
}
