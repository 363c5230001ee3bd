package kafkaadmin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

const (
	clientID      = "loaderline"
	defaultBroker = "localhost:9092"
	dialTimeout   = 5 * time.Second
	// metadataMinAge is well under the transaction timeout, so that an unknown
	// topic is reported before the transaction it is part of runs out.
	metadataMinAge = 500 * time.Millisecond
)

// Options returns the client options that reach the cluster, for any client:
// they hold nothing about groups or transactions. The error names every
// setting that cannot work, and no credentials.
func Options(k consumer.Kafka) ([]kgo.Opt, error) {
	brokers := brokersOf(k)
	auth, err := mechanism(k.SASL)
	problems := []error{err}
	local := true
	for _, b := range brokers {
		host, err := brokerHost(b)
		problems = append(problems, err)
		local = local && isLoopback(host)
	}
	protect := k.SASL.Mechanism != "" && !encrypted(k) && !k.AllowPlaintextPassword
	if protect && !local {
		problems = append(problems, &kafkaerr.PlaintextPasswordError{})
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}

	opts := []kgo.Opt{
		kgo.SeedBrokers(brokers...),
		kgo.ClientID(clientID),
		kgo.WithLogger(clientLogger{log: loggerOf(k), shared: &SharedLog{}}),
		kgo.MetadataMinAge(metadataMinAge),
		// Reach finds out what TLS and the credentials should be. Later a connection that ends at its first request
		// belongs to a broker that goes away.
		kgo.AlwaysRetryEOF(),
	}
	switch {
	case encrypted(k):
		opts = append(opts, kgo.Dialer(dialTLS(k)))
	case protect:
		opts = append(opts, kgo.Dialer(dialLoopback))
	default:
		opts = append(opts, kgo.DialTimeout(dialTimeout))
	}
	if auth != nil {
		opts = append(opts, kgo.SASL(auth))
	}
	if k.Opts != nil {
		opts = append(opts, k.Opts()...)
	}
	return opts, nil
}

// ClientID returns the client ID of the sessions of a process:
// loaderline-INSTANCE, or loaderline without an instance.
func ClientID(instance string) string {
	if instance == "" {
		return clientID
	}
	return clientID + "-" + instance
}

// WithOptions returns k with more client options. The options of k itself come
// after them, so they win.
func WithOptions(k consumer.Kafka, more func() []kgo.Opt) consumer.Kafka {
	own := k.Opts
	k.Opts = func() []kgo.Opt {
		opts := more()
		if own != nil {
			opts = append(opts, own()...)
		}
		return opts
	}
	return k
}

// NewClient returns a client of the cluster, with more options than Options has.
// The options of k itself win. It connects to nothing.
func NewClient(k consumer.Kafka, more ...kgo.Opt) (*kgo.Client, error) {
	opts, err := Options(k)
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(append(more, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("kafka: create the client: %w", err)
	}
	return client, nil
}

// Connect returns a client that has reached the cluster. It tries for about ten
// seconds. Errors: *kafkaerr.UnreachableError.
func Connect(ctx context.Context, k consumer.Kafka) (*kgo.Client, error) {
	client, err := NewClient(k, kgo.RetryTimeout(ReachTimeout))
	if err != nil {
		return nil, err
	}
	if err := Reach(ctx, client, k, ReachTimeout); err != nil {
		client.Close()
		return nil, err
	}
	return client, nil
}

// connected asks with a client that has reached the cluster. Brokers that go away meanwhile, and stay away, are a
// *kafkaerr.UnreachableError too.
func connected[T any](ctx context.Context, k consumer.Kafka, ask func(context.Context, *kgo.Client) (T, error)) (T, error) {
	client, err := Connect(ctx, k)
	if err != nil {
		var none T
		return none, err
	}
	defer client.Close()
	answer, err := ask(ctx, client)
	return answer, Disconnected(k, err)
}

func brokersOf(k consumer.Kafka) []string {
	if len(k.Brokers) == 0 {
		return []string{defaultBroker}
	}
	return k.Brokers
}

func loggerOf(k consumer.Kafka) *slog.Logger {
	if k.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return k.Logger
}
