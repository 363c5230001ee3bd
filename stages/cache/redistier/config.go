package redistier

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/loaderline/loaderline/internal/redisconn"
	"github.com/loaderline/loaderline/stages/redislookup"
)

const (
	defaultPrefix  = "loaderline"
	defaultTimeout = 100 * time.Millisecond
)

// Config configures a tier in Redis. Only the addresses in Redis are required.
type Config struct {
	// Redis is the server or cluster, and how to connect to it. Its Timeout bounds each call of the tier, including the wait
	// for a connection, and defaults to 100 ms.
	Redis redislookup.Config
	// Prefix is the start of every key in Redis: PREFIX:... and {PREFIX}:.... Processes with the same prefix share their
	// entries. It has up to 200 letters, digits, dots, colons, _ and -. Defaults to "loaderline".
	Prefix string
	// Logger receives a warning when Redis is unreachable, and a message when it is back. Defaults to no logging.
	Logger *slog.Logger
}

func (cfg Config) withDefaults() Config {
	if cfg.Redis.Timeout <= 0 {
		cfg.Redis.Timeout = defaultTimeout
	}
	if cfg.Prefix == "" {
		cfg.Prefix = defaultPrefix
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return cfg
}

var prefixPattern = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,200}$`)

func (cfg Config) validate() error {
	if !prefixPattern.MatchString(cfg.Prefix) {
		return fmt.Errorf("the prefix %q is not 1 to 200 letters, digits, dots, colons, _ or -", cfg.Prefix)
	}
	return nil
}

// open makes the client, without connecting.
func (cfg Config) open() (*redisconn.Client, error) {
	client, err := redisconn.Open(redisconn.Config(cfg.Redis))
	if err := errors.Join(cfg.validate(), err); err != nil {
		return nil, fmt.Errorf("cache tier: %w", err)
	}
	return client, nil
}
