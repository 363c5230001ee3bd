package kafkaadmin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

func encrypted(k consumer.Kafka) bool { return k.TLS != nil || k.RenewTLS != nil }

// dialTLS connects with the current configuration.
func dialTLS(k consumer.Kafka) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
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
		return nil, &kafkaerr.PlaintextPasswordError{Advertised: address}
	}
	dialer := net.Dialer{Timeout: dialTimeout}
	return dialer.DialContext(ctx, network, address)
}
