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

// Config configures a tier on disk.
type Config struct {
	// Dir is the directory of the entries. Open makes it if it does not exist. One tier uses it at a time. Required.
	Dir string
	// MaxBytes bounds the size of the files in Dir, in bytes. About half of it holds compressed entries. The rest is room to
	// write and sort them. At least 128 MiB; defaults to 4 GiB.
	MaxBytes int64
	// Memory bounds the memory for blocks of the files and for unsorted writes, in bytes. At least 8 MiB; defaults to 32
	// MiB. The tier keeps no value larger than a quarter of it.
	Memory int64
	// Logger receives a warning when the disk fails, and a message when it works again. Defaults to no logging.
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
