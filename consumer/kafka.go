package consumer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
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

	// RenewTLS returns the configuration of a connection that is about to be
	// made, in place of TLS, so that certificates can be renewed without a
	// restart. It is called concurrently. Defaults to none.
	RenewTLS func() *tls.Config `json:"-"`

	// SASL is how to authenticate. Defaults to not at all.
	SASL SASL

	// AllowPlaintextPassword lets a password go to other machines without
	// TLS. Defaults to refusing that.
	AllowPlaintextPassword bool

	// Logger receives the client's log. Defaults to discarding it.
	Logger *slog.Logger

	// Opts returns options that are given to a client after all others, so they
	// win. They are for hooks and tests; the options that a Session relies on
	// (group, transaction, isolation) must not be among them. It is called for
	// each client, by several goroutines, and must make its options anew each
	// time: clients write to some of them. Defaults to none.
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

// SASL is how a client authenticates.
type SASL struct {
	// Mechanism is PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, in any case.
	// Empty means no authentication.
	Mechanism string

	// Username and Password are the credentials.
	Username string
	Password Secret

	// CurrentPassword returns the password for each login: of a new connection,
	// and of an old one that the broker wants to authenticate again. A password
	// that is changed then needs no restart. It may be called by several
	// goroutines. Its error is one of the connection, which is tried again.
	// Defaults to returning Password.
	CurrentPassword func() (Secret, error) `json:"-"`
}

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

// PlaintextPasswordError says that a password would leave this machine without
// TLS, which AllowPlaintextPassword does not allow.
type PlaintextPasswordError struct {
	// Advertised is the broker that the cluster sends its clients to; empty
	// where Brokers themselves are elsewhere.
	Advertised string
}

// Error implements error.
func (e *PlaintextPasswordError) Error() string {
	const remedy = "turn TLS on, or set AllowPlaintextPassword if the network is trusted"
	if e.Advertised != "" {
		return fmt.Sprintf("kafka: the cluster advertises broker %s, to which a password would be sent without TLS: %s", e.Advertised, remedy)
	}
	return "kafka: a password would be sent without TLS: " + remedy
}

func (k Kafka) encrypted() bool { return k.TLS != nil || k.RenewTLS != nil }

// dialTLS connects with the configuration of this moment.
func (k Kafka) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	conf := k.TLS
	if k.RenewTLS != nil {
		conf = k.RenewTLS()
	}
	conf = conf.Clone()
	if conf.MinVersion == 0 {
		conf.MinVersion = tls.VersionTLS12
	}
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: dialTimeout}, Config: conf}
	return dialer.DialContext(ctx, network, address)
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

func (s SASL) mechanism() (sasl.Mechanism, error) {
	if s.Mechanism == "" {
		if s.Username != "" || s.Password != "" {
			return nil, errors.New("kafka: sasl has credentials but no mechanism: use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
		}
		return nil, nil
	}
	if s.Username == "" || s.Password == "" && s.CurrentPassword == nil {
		return nil, fmt.Errorf("kafka: sasl mechanism %s needs a username and a password", s.Mechanism)
	}
	switch strings.ToUpper(s.Mechanism) {
	case "PLAIN":
		return plain.Plain(func(context.Context) (plain.Auth, error) {
			password, err := s.password()
			return plain.Auth{User: s.Username, Pass: string(password)}, err
		}), nil
	case "SCRAM-SHA-256":
		return scram.Sha256(s.scram), nil
	case "SCRAM-SHA-512":
		return scram.Sha512(s.scram), nil
	default:
		return nil, fmt.Errorf("kafka: sasl mechanism %q is not known: use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", s.Mechanism)
	}
}

func (s SASL) scram(context.Context) (scram.Auth, error) {
	password, err := s.password()
	return scram.Auth{User: s.Username, Pass: string(password)}, err
}

func (s SASL) password() (Secret, error) {
	if s.CurrentPassword == nil {
		return s.Password, nil
	}
	password, err := s.CurrentPassword()
	if err != nil {
		return "", fmt.Errorf("kafka: read the password: %w", err)
	}
	return password, nil
}

// brokerHost does not repeat an address that may hold credentials.
func brokerHost(address string) (string, error) {
	if strings.ContainsAny(address, "@/") {
		return "", errors.New("kafka: a broker address is host:port, as in localhost:9092, without a scheme or credentials")
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("kafka: broker address %q is not host:port, as in localhost:9092", address)
	}
	return host, nil
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// dialLoopback keeps a password on this machine: a broker here may advertise
// an address elsewhere, and the client would authenticate there next.
func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	host, err := brokerHost(address)
	if err != nil {
		return nil, err
	}
	if !isLoopback(host) {
		return nil, &PlaintextPasswordError{Advertised: address}
	}
	dialer := net.Dialer{Timeout: dialTimeout}
	return dialer.DialContext(ctx, network, address)
}
