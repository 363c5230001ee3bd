package consumer

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	clientID      = "loaderline"
	defaultBroker = "localhost:9092"
	dialTimeout   = 5 * time.Second
	// metadataMinAge is well under the transaction timeout, so that an unknown
	// topic is reported before the transaction it is part of runs out.
	metadataMinAge = 500 * time.Millisecond
)

// Kafka says how to reach a cluster. The zero value reaches a broker on this
// machine without TLS or authentication.
type Kafka struct {
	// Brokers are the addresses to start from, as host:port.
	// Defaults to localhost:9092.
	Brokers []string

	// TLS turns encryption on. Host names are verified and TLS 1.2 is the
	// least version unless the value says otherwise. Defaults to none.
	TLS *tls.Config

	// RenewTLS returns the configuration for the next connection, in place of
	// TLS, so that certificates can be renewed without a restart. It is called
	// concurrently. Defaults to none.
	RenewTLS func() *tls.Config `json:"-"`

	// SASL is how to authenticate. Defaults to not at all.
	SASL SASL

	// AllowPlaintextPassword lets a password go to other machines without
	// TLS. Defaults to refusing that.
	AllowPlaintextPassword bool

	// Logger receives the client's log. Defaults to discarding it.
	Logger *slog.Logger

	// Opts returns options that a client gets after all others, so they win.
	// They are for hooks and tests. They must not include the options that a
	// Session relies on (group, transaction, isolation). Each client calls
	// Opts, from several goroutines. It must make new options each time:
	// clients write to some of them. Defaults to none.
	Opts func() []kgo.Opt `json:"-"`

	shared *sharedLog // nil: each client has its own.
}

// SharedLog returns k for several clients of one process that log as one: what
// their client libraries all warn of is logged once, and so is that no broker
// can be reached by any of them, and that one can again.
func (k Kafka) SharedLog() Kafka {
	k.shared = &sharedLog{outages: newOutages(k.logger(), k.brokers())}
	return k
}

// named returns k with a client ID, which its own options may replace.
func (k Kafka) named(clientID string) Kafka {
	own := k.Opts
	k.Opts = func() []kgo.Opt {
		opts := []kgo.Opt{kgo.ClientID(clientID)}
		if own != nil {
			opts = append(opts, own()...)
		}
		return opts
	}
	return k
}

// away says that no broker can be reached, which the log says once.
func (k Kafka) away() bool { return k.shared != nil && k.shared.outages.ongoing() }

// Options returns the client options that reach the cluster, for any client:
// they hold nothing about groups or transactions. The error names every
// setting that cannot work, and no credentials.
func (k Kafka) Options() ([]kgo.Opt, error) {
	brokers := k.brokers()
	mechanism, err := k.SASL.mechanism()
	problems := []error{err}
	local := true
	for _, b := range brokers {
		host, err := brokerHost(b)
		problems = append(problems, err)
		local = local && isLoopback(host)
	}
	protect := k.SASL.Mechanism != "" && !k.encrypted() && !k.AllowPlaintextPassword
	if protect && !local {
		problems = append(problems, &PlaintextPasswordError{})
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}

	shared := k.shared
	if shared == nil {
		shared = &sharedLog{}
	}
	opts := []kgo.Opt{
		kgo.SeedBrokers(brokers...),
		kgo.ClientID(clientID),
		kgo.WithLogger(clientLogger{log: k.logger(), shared: shared}),
		kgo.MetadataMinAge(metadataMinAge),
	}
	if shared.outages != nil {
		opts = append(opts, kgo.WithHooks(shared.outages))
	}
	switch {
	case k.encrypted():
		opts = append(opts, kgo.Dialer(k.dialTLS))
	case protect:
		opts = append(opts, kgo.Dialer(dialLoopback))
	default:
		opts = append(opts, kgo.DialTimeout(dialTimeout))
	}
	if mechanism != nil {
		opts = append(opts, kgo.SASL(mechanism))
	}
	if k.Opts != nil {
		opts = append(opts, k.Opts()...)
	}
	return opts, nil
}

func (k Kafka) brokers() []string {
	if len(k.Brokers) == 0 {
		return []string{defaultBroker}
	}
	return k.Brokers
}

func (k Kafka) logger() *slog.Logger {
	if k.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return k.Logger
}
