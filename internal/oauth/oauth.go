// Package oauth gets access tokens by the client credentials grant of OAuth 2.0 (RFC 6749, section 4.4).
package oauth

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/sync/singleflight"

	"github.com/loaderline/loaderline/internal/guardedhttp"
)

// Config says who asks which token endpoint for what.
type Config struct {
	// TokenURL is the token endpoint of the authorization server.
	TokenURL string
	// ClientID is the client's name there.
	ClientID string
	// ClientSecret returns the client's secret. It is called for each request of a token, so that the secret can be changed.
	ClientSecret func() (string, error)
	// Scopes are what the token is for. Defaults to what the server decides.
	Scopes []string
	// Params are further parameters of the request, such as audience.
	Params map[string]string
	// InBody sends the client's name and secret in the body. By default they are sent by basic authentication.
	InBody bool
	// TLS is the configuration of https connections. Defaults to the system's roots.
	TLS *tls.Config
	// RenewTLS returns the configuration for the next connection, in place of TLS. It is called concurrently. Defaults to none.
	RenewTLS func() *tls.Config
	// Timeout bounds one request. Defaults to 5 s.
	Timeout time.Duration
}

// The time for which a token is used.
const (
	renewAt    = 0.8              // of a token's life
	spare      = 10 * time.Second // before its end, or a tenth of its life if that is shorter
	renewPause = 10 * time.Second // after a renewal that failed
)

// Tokens has the current token of a client. It gets one when the first caller needs it, once for all callers that wait. It renews
// the token in the background before it ends. It is safe for concurrent use.
type Tokens struct {
	cfg    Config
	http   *guardedhttp.Client
	flight singleflight.Group

	mu      sync.Mutex
	current token
}

// token is what the server issued. The zero token is none.
type token struct {
	access string
	renew  time.Time // when it is renewed; zero: never
	end    time.Time // when it is no longer used; zero: never
}

func (t token) usable() bool { return t.access != "" && (t.end.IsZero() || time.Now().Before(t.end)) }

func (t token) due() bool { return !t.renew.IsZero() && !time.Now().Before(t.renew) }

// New returns the tokens of a client without a request. Its error has all mistakes in the configuration, and quotes no value.
func New(cfg Config) (*Tokens, error) {
	if cfg.Timeout <= 0 {
		cfg.Timeout = 5 * time.Second
	}
	errs := []error{checkURL(cfg.TokenURL)}
	if cfg.ClientID == "" {
		errs = append(errs, errors.New("there is no client_id"))
	}
	for _, name := range []string{"grant_type", "client_id", "client_secret", "scope"} {
		if _, is := cfg.Params[name]; is {
			errs = append(errs, fmt.Errorf("params has %s, which has a key of its own or none: remove it", name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Tokens{cfg: cfg, http: guardedhttp.New(guardedhttp.Config{TLS: cfg.TLS, RenewTLS: cfg.RenewTLS, Pool: 1, Timeout: cfg.Timeout})}, nil
}

func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return errors.New("token_url is not a URL such as https://login.example/oauth2/token, without credentials and without a fragment")
	}
	if address, err := netip.ParseAddr(u.Hostname()); err == nil && guardedhttp.Blocked(address) {
		return fmt.Errorf("the address %s in token_url is link-local or a metadata service: it is never asked", address)
	}
	return nil
}

// Token returns the current token. refused is empty, or a token that was refused: that one is not returned again unless the server
// issues it again. The error is an *Error, or the context's.
func (t *Tokens) Token(ctx context.Context, refused string) (string, error) {
	t.mu.Lock()
	if refused != "" && t.current.access == refused {
		t.current = token{}
	}
	current := t.current
	t.mu.Unlock()
	switch {
	case current.usable() && !current.due():
		return current.access, nil
	case current.usable():
		t.flight.DoChan("", t.fetch)
		return current.access, nil
	}
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case fetched := <-t.flight.DoChan("", t.fetch):
		if fetched.Err != nil {
			return "", fetched.Err
		}
		return fetched.Val.(string), nil
	}
}

// fetch gets a token, unless another call has just done so.
func (t *Tokens) fetch() (any, error) {
	t.mu.Lock()
	current := t.current
	t.mu.Unlock()
	if current.usable() && !current.due() {
		return current.access, nil
	}
	fetched, err := t.request()
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.current.renew = time.Now().Add(renewPause)
		return nil, err
	}
	t.current = fetched
	return fetched.access, nil
}

// request requests a token. All callers wait for it, so that no caller's context ends it.
func (t *Tokens) request() (token, error) {
	secret, err := t.cfg.ClientSecret()
	if err != nil {
		return token{}, &Error{message: "the client secret cannot be read: is its file there?", err: err}
	}
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), oauth2.HTTPClient, t.http.HTTP()), t.cfg.Timeout)
	defer cancel()
	began := time.Now()
	grant := clientcredentials.Config{
		ClientID: t.cfg.ClientID, ClientSecret: secret, TokenURL: t.cfg.TokenURL, Scopes: t.cfg.Scopes,
		EndpointParams: url.Values{}, AuthStyle: oauth2.AuthStyleInHeader,
	}
	for name, value := range t.cfg.Params {
		grant.EndpointParams.Set(name, value)
	}
	if t.cfg.InBody {
		grant.AuthStyle = oauth2.AuthStyleInParams
	}
	issued, err := grant.Token(ctx)
	if err != nil {
		return token{}, requestError(ctx, err)
	}
	return tokenOf(issued, began)
}

func tokenOf(issued *oauth2.Token, began time.Time) (token, error) {
	if !strings.EqualFold(issued.Type(), "bearer") {
		return token{}, &Error{message: "the token endpoint issued a token that is no bearer token", refused: true}
	}
	if strings.ContainsFunc(issued.AccessToken, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return token{}, &Error{message: "the token endpoint issued a token that no header can hold"}
	}
	t := token{access: issued.AccessToken}
	if !issued.Expiry.IsZero() {
		life := issued.Expiry.Sub(began)
		t.renew = began.Add(time.Duration(renewAt * float64(life)))
		t.end = issued.Expiry.Add(-min(spare, life/10))
	}
	return t, nil
}

// Close ends idle connections.
func (t *Tokens) Close() { t.http.Close() }
