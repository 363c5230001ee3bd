package disktier

import (
	"errors"
	"fmt"
	"log/slog"
)

const (
	defaultMaxBytes = 4 << 30
	minMaxBytes     = 128 << 20
	defaultMemory   = 32 << 20
	minMemory       = 8 << 20
)

// Config configures a Tier.
type Config struct {
	// Dir is the directory, which is made where it is missing. One process has it at a time.
	Dir string
	// MaxBytes bounds the files in Dir. A good half of it is entries, compressed: the rest is what it takes to write and
	// to sort them. At least 128 MiB; defaults to 4 GiB.
	MaxBytes int64
	// Memory bounds the blocks that are kept in memory and the writes that are not yet sorted, in bytes. At least 8 MiB;
	// defaults to 32 MiB.
	Memory int64
	// Logger is told when the tier stops and starts to answer. Defaults to none.
	Logger *slog.Logger
}

func (cfg Config) withDefaults() Config {
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = defaultMaxBytes
	}
	if cfg.Memory == 0 {
		cfg.Memory = defaultMemory
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return cfg
}

func (cfg Config) validate() error {
	var errs []error
	if cfg.Dir == "" {
		errs = append(errs, errors.New("disktier: Dir is empty: name a directory"))
	}
	if cfg.MaxBytes < minMaxBytes {
		errs = append(errs, fmt.Errorf("disktier: MaxBytes is %d: give at least %d, or 0 for the default", cfg.MaxBytes, minMaxBytes))
	}
	if cfg.Memory < minMemory {
		errs = append(errs, fmt.Errorf("disktier: Memory is %d: give at least %d, or 0 for the default", cfg.Memory, minMemory))
	}
	return errors.Join(errs...)
}
