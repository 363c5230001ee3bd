package kafkaadmin

import (
	"context"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// CheckTransactionTimeout asks each broker whether it allows a transaction
// timeout. If one does not, it returns a *kafkaerr.TransactionTimeoutError with the
// lowest limit. It returns nil if all allow the timeout, or if this user may
// not read their configuration.
func CheckTransactionTimeout(ctx context.Context, cl *kgo.Client, timeout time.Duration) error {
	if most := MaxTransactionTimeout(ctx, cl); most > 0 && timeout > most {
		return &kafkaerr.TransactionTimeoutError{Timeout: timeout, Most: most}
	}
	return nil
}

// MaxTransactionTimeout returns the lowest transaction.max.timeout.ms of all
// brokers, or zero if none is known.
func MaxTransactionTimeout(ctx context.Context, cl *kgo.Client) (most time.Duration) {
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
