package consumer

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TransactionTimeoutError says that Config.TransactionTimeout is longer than
// the brokers let transactions become. Nothing was begun.
type TransactionTimeoutError struct {
	Timeout time.Duration
	// Most is the brokers' transaction.max.timeout.ms; zero where it may not be
	// read.
	Most time.Duration
}

// Error implements error.
func (e *TransactionTimeoutError) Error() string {
	most := ""
	if e.Most > 0 {
		most = ", " + e.Most.String()
	}
	return fmt.Sprintf("the transaction timeout is %v, longer than the brokers allow%s: lower it, or raise transaction.max.timeout.ms of the brokers", e.Timeout, most)
}

// Unwrap returns the brokers' error.
func (e *TransactionTimeoutError) Unwrap() error { return kerr.InvalidTransactionTimeout }

// CheckTransactionTimeout asks each broker whether it allows a transaction
// timeout. If one does not, it returns a *TransactionTimeoutError with the
// lowest limit. It returns nil if all allow the timeout, or if this user may
// not read their configuration.
func CheckTransactionTimeout(ctx context.Context, cl *kgo.Client, timeout time.Duration) error {
	if most := maxTransactionTimeout(ctx, cl); most > 0 && timeout > most {
		return &TransactionTimeoutError{Timeout: timeout, Most: most}
	}
	return nil
}

// maxTransactionTimeout is the lowest of all brokers, or zero where none is
// known.
func maxTransactionTimeout(ctx context.Context, cl *kgo.Client) (most time.Duration) {
	admin := kadm.NewClient(cl)
	brokers, err := admin.ListBrokers(ctx)
	if err != nil {
		return 0
	}
	configs, _ := admin.DescribeBrokerConfigs(ctx, brokers.NodeIDs()...) // What is missing stays unknown.
	for _, config := range configs {
		for _, entry := range config.Configs {
			if entry.Key != "transaction.max.timeout.ms" || entry.Value == nil {
				continue
			}
			n, err := strconv.ParseInt(*entry.Value, 10, 64)
			if limit := time.Duration(n) * time.Millisecond; err == nil && n > 0 && (most == 0 || limit < most) {
				most = limit
			}
		}
	}
	return most
}

// tooLong replaces the brokers' refusal of the transaction timeout by an error
// that says what they allow.
func (s *Session) tooLong(ctx context.Context, err error) error {
	if errors.Is(err, kerr.InvalidTransactionTimeout) {
		return &TransactionTimeoutError{Timeout: s.cfg.TransactionTimeout, Most: maxTransactionTimeout(ctx, s.cl)}
	}
	return err
}
