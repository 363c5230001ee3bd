package httplookup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// send sends one request. If the service refuses its token, send sends it once more with another. The error is a lookup.Error,
// classified.
func (c *client) send(ctx context.Context, method string, target *url.URL, body []byte) (*http.Response, error) {
	token, err := c.token(ctx, "")
	if err != nil {
		return nil, err
	}
	response, err := c.sendOnce(ctx, method, target, body, token)
	if err != nil || token == "" || response.StatusCode != http.StatusUnauthorized {
		return response, err
	}
	release(response)
	if token, err = c.token(ctx, token); err != nil {
		return nil, err
	}
	return c.sendOnce(ctx, method, target, body, token)
}

// token is that of the next request, empty if the service wants none.
func (c *client) token(ctx context.Context, refused lookup.Secret) (lookup.Secret, error) {
	if c.cfg.Token == nil {
		return "", nil
	}
	token, err := c.cfg.Token(ctx, refused)
	if err != nil {
		return "", tokenError(ctx, err)
	}
	return token, nil
}

func (c *client) sendOnce(ctx context.Context, method string, target *url.URL, body []byte, token lookup.Secret) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, target.String(), content)
	if err != nil {
		return nil, serviceerr.Unanswered(ctx, err)
	}
	r.Header = c.header.Clone()
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+string(token))
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, serviceerr.Unanswered(ctx, err)
	}
	return response, nil
}

// tokenError is the error of a request for which there was no token, in the class that it has.
func tokenError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return serviceerr.Unanswered(ctx, err)
	}
	e := &serviceerr.Error{Message: err.Error(), Err: err}
	var coded interface{ Code() string }
	if errors.As(err, &coded) {
		e.Status = coded.Code()
	}
	var asks interface{ RetryAfter() time.Duration }
	if errors.As(err, &asks) {
		e.Rest = asks.RetryAfter()
	}
	return classified(e, stages.ClassOf(err))
}
