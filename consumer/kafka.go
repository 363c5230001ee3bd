package consumer

import (
	"crypto/tls"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Kafka says how to reach a cluster. The zero value reaches a broker on this
// machine without TLS or authentication.
type Kafka struct {
	// Brokers are the addresses to start from, as host:port.
	// Defaults to localhost:9092.
	Brokers []string

	// TLS turns encryption on. Unless the value says otherwise, host names are verified and TLS 1.2 is the minimum
	// version. Defaults to none.
	TLS *tls.Config

	// RenewTLS returns the configuration for the next connection, in place of
	// TLS, so that certificates can be renewed without a restart. It is called
	// concurrently. Defaults to none.
	RenewTLS func() *tls.Config `json:"-"`

	// SASL says how to authenticate. Defaults to no authentication.
	SASL SASL

	// AllowPlaintextPassword lets a password go to other machines without
	// TLS. Defaults to refusing that.
	AllowPlaintextPassword bool

	// Logger receives the client's log. Defaults to discarding it.
	Logger *slog.Logger

	// Opts returns client options that override all others. They are for hooks and tests. They must not include the
	// options that a pipeline relies on (group, transaction, isolation). Each client calls Opts, from several
	// goroutines. It must make new options each time: clients write to some of them. Defaults to none.
	Opts func() []kgo.Opt `json:"-"`
}
