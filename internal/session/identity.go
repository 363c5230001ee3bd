package session

import (
	"context"
	"errors"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// takeIdentity gets a producer for the transactional ID, which ends what a
// predecessor left open. If the broker that it asks for the coordinator is
// down, it asks another.
func (s *Session) takeIdentity(ctx context.Context) error {
	_, err := kafkaadmin.AwaitBriefly(ctx, func(ctx context.Context) (struct{}, error) {
		_, _, err := s.cl.ProducerID(ctx)
		return struct{}{}, err
	})
	return s.tooLong(ctx, err)
}

// tooLong replaces the brokers' refusal of the transaction timeout by an error
// that says what they allow.
func (s *Session) tooLong(ctx context.Context, err error) error {
	if errors.Is(err, kerr.InvalidTransactionTimeout) {
		return &kafkaerr.TransactionTimeoutError{Timeout: s.cfg.TransactionTimeout, Most: kafkaadmin.MaxTransactionTimeout(ctx, s.cl)}
	}
	return err
}

// warnOfOldTransactions tells of clusters where a late message of an old
// transaction may become part of the next one (before KIP-890).
func (s *Session) warnOfOldTransactions(ctx context.Context) {
	const feature, wanted = "transaction.version", 2
	resp, err := kmsg.NewPtrApiVersionsRequest().RequestWith(ctx, s.cl)
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelDebug, "transaction version not known", slog.Any("error", err))
		return
	}
	version := 0
	for _, f := range resp.FinalizedFeatures {
		if f.Name == feature {
			version = int(f.MaxVersionLevel)
		}
	}
	if version < wanted {
		s.log.LogAttrs(ctx, slog.LevelWarn, "exactly once is weaker on this cluster: upgrade it to Kafka 4 and its transaction.version to 2",
			slog.Int("transaction_version", version))
	}
}
