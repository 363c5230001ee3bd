package registry

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/loaderline/loaderline/internal/secret"
)

// Config says where a registry is, and how to log in. The zero value of each field but URLs is its default.
type Config struct {
	// URLs are where the registry is, such as https://host:8081. If one is away, the next is asked. At least one is required.
	URLs []string
	// Username and Password are for basic authentication.
	Username string
	Password secret.Text
	// Token is a bearer token. It excludes Username.
	Token secret.Text
	// RenewTLS returns the configuration for the next https connection. It is called concurrently. Defaults to the system's roots.
	RenewTLS func() *tls.Config
	// Timeout bounds one request to one URL. Defaults to 5 s.
	Timeout time.Duration
	// MaxResponseBytes bounds one response, after its decompression. Defaults to 8 MiB.
	MaxResponseBytes int64
}

func (cfg Config) withDefaults() Config {
	if cfg.Timeout <= 0 {
		cfg.Timeout = 5 * time.Second
	}
	if cfg.MaxResponseBytes <= 0 {
		cfg.MaxResponseBytes = 8 << 20
	}
	return cfg
}

// parseURLs returns the URLs, or all mistakes in the configuration.
func (cfg Config) parseURLs() ([]*url.URL, error) {
	var (
		urls []*url.URL
		errs []error
	)
	if len(cfg.URLs) == 0 {
		errs = append(errs, errors.New("there is no url: it says where the registry is, such as https://host:8081"))
	}
	for _, text := range cfg.URLs {
		u, err := parseURL(text)
		urls, errs = append(urls, u), append(errs, err)
	}
	if cfg.Username != "" && cfg.Token != "" {
		errs = append(errs, errors.New("basic and token exclude each other: leave one out"))
	}
	if cfg.Username == "" && cfg.Password != "" {
		errs = append(errs, errors.New("basic has a password and no username"))
	}
	return urls, errors.Join(errs...)
}

func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil: // Its text quotes the URL, which may hold a password.
		return nil, errors.New("the url cannot be read: write it as https://host:8081")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the url begins with neither http:// nor https://: write it as https://host:8081")
	case u.Hostname() == "":
		return nil, errors.New("the url has no host: write it as https://host:8081")
	case u.User != nil:
		return nil, fmt.Errorf("the url of host %s holds credentials: write them as registry.basic", u.Host)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("the url of host %s has a query or a fragment: leave it out", u.Host)
	}
	return u, nil
}
