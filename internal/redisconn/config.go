package redisconn

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/secret"
)

// Config says which Redis to use, and how. Its fields are those of redislookup.Config, which explains them.
type Config struct {
	Addrs          []string
	Cluster        bool
	Username       string
	Password       secret.Text
	DB             int
	TLS            *tls.Config
	RenewTLS       func() *tls.Config
	Pool           int
	Timeout        time.Duration
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
		cfg.MaxAnswerBytes = 256 << 20
	}
	return cfg
}

func (cfg Config) validate() error {
	var errs []error
	switch {
	case len(cfg.Addrs) == 0:
		errs = append(errs, errors.New("there is no address: it says where the server is, as host:port"))
	case len(cfg.Addrs) > 1 && !cfg.Cluster:
		errs = append(errs, fmt.Errorf("there are %d addresses, which only a cluster can have: set cluster, or leave one", len(cfg.Addrs)))
	}
	for i, addr := range cfg.Addrs {
		if !isAddress(addr) {
			errs = append(errs, fmt.Errorf("address %d is not host:port", i+1))
		}
	}
	if cfg.Cluster && cfg.DB != 0 {
		errs = append(errs, fmt.Errorf("a cluster has no database %d: leave out db", cfg.DB))
	}
	if cfg.DB < 0 {
		errs = append(errs, fmt.Errorf("there is no database %d: the first is 0", cfg.DB))
	}
	if cfg.Username != "" && cfg.Password == "" {
		errs = append(errs, errors.New("there is a username without a password"))
	}
	return errors.Join(errs...)
}

// String says where the servers are.
func (cfg Config) String() string {
	kind := "redis"
	if cfg.Cluster {
		kind = "redis cluster"
	}
	addrs := slices.Clone(cfg.Addrs)
	for i, addr := range addrs {
		if !isAddress(addr) {
			addrs[i] = "?"
		}
	}
	return kind + " at " + strings.Join(addrs, ",")
}

// isAddress reports whether text is host:port. What was meant as a URL is not: it can hold a password.
func isAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	return err == nil && port != "" && !strings.ContainsAny(text, "/@")
}
