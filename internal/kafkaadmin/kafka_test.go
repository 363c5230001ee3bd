package kafkaadmin_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/session"
)

const canary = "canary-4711"

func TestSecretDoesNotShow(t *testing.T) {
	t.Parallel()
	k := consumer.Kafka{SASL: consumer.SASL{Mechanism: "PLAIN", Username: "u", Password: canary}}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "kafka", k, "password", k.SASL.Password)
	marshalled, err := json.Marshal(k.SASL)
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%v %+v %#v %s %s %s", k, k, k, k.SASL.Password, marshalled, log.String())
	if strings.Contains(all, canary) {
		t.Errorf("the password shows in %s", all)
	}
}

func TestOptionsRefuse(t *testing.T) {
	t.Parallel()
	sasl := consumer.SASL{Mechanism: "plain", Username: "u", Password: canary}
	tests := []struct {
		name  string
		kafka consumer.Kafka
		says  string // Empty where it is fine.
	}{
		{"zero", consumer.Kafka{}, ""},
		{"password here", consumer.Kafka{Brokers: []string{"localhost:1", "127.0.0.1:1", "[::1]:1"}, SASL: sasl}, ""},
		{"password elsewhere", consumer.Kafka{Brokers: []string{"localhost:1", "kafka.example:1"}, SASL: sasl}, "turn TLS on, or set AllowPlaintextPassword"},
		{"password elsewhere, allowed", consumer.Kafka{Brokers: []string{"kafka.example:1"}, SASL: sasl, AllowPlaintextPassword: true}, ""},
		{"password elsewhere, with TLS", consumer.Kafka{Brokers: []string{"kafka.example:1"}, SASL: sasl, TLS: &tls.Config{}}, ""},
		{"mechanism", consumer.Kafka{SASL: consumer.SASL{Mechanism: "MD5", Username: "u", Password: canary}}, "SCRAM-SHA-512"},
		{"no mechanism", consumer.Kafka{SASL: consumer.SASL{Username: "u"}}, "no mechanism"},
		{"no password", consumer.Kafka{SASL: consumer.SASL{Mechanism: "PLAIN", Username: "u"}}, "needs a username and a password"},
		{"no port", consumer.Kafka{Brokers: []string{"kafka"}}, "not host:port"},
		{"credentials in the address", consumer.Kafka{Brokers: []string{"u:" + canary + "@kafka:1"}}, "without a scheme or credentials"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := kafkaadmin.Options(tt.kafka)
			if tt.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), canary) {
				t.Errorf("got %v, want words about %q", err, tt.says)
			}
		})
	}
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in"), kfake.EnableSASL(), kfake.Superuser(mechanism, "u", canary))
			if err != nil {
				t.Fatal(err)
			}
			defer cluster.Close()
			k := consumer.Kafka{Brokers: cluster.ListenAddrs(), SASL: consumer.SASL{Mechanism: mechanism, Username: "u", Password: canary}}
			if _, err := kafkaadmin.Describe(t.Context(), k, "in"); err != nil {
				t.Error(err)
			}
			cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.SASLAuthenticate}, Err: kerr.SaslAuthenticationFailed, TopLevel: true, Count: -1})
			_, err = kafkaadmin.Describe(t.Context(), k, "in")
			if _, ok := errors.AsType[*kafkaerr.UnreachableError](err); !ok || strings.Contains(err.Error(), canary) || !errors.Is(err, kerr.SaslAuthenticationFailed) || session.Recoverable(err) {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

// TestWrongPassword has a broker that closes the connection without a word.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("PLAIN", "u", canary))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	k := consumer.Kafka{Brokers: cluster.ListenAddrs(), SASL: consumer.SASL{Mechanism: "PLAIN", Username: "u", Password: canary + "-wrong"}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // Less than Describe itself would wait.
	defer cancel()
	_, err = kafkaadmin.Describe(ctx, k, "in")
	if _, ok := errors.AsType[*kafkaerr.UnreachableError](err); !ok || strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), "credentials") {
		t.Errorf("got %v", err)
	}
}

// TestPasswordStaysHere has a broker on this machine that advertises another.
func TestPasswordStaysHere(t *testing.T) {
	t.Parallel()
	k := consumer.Kafka{Brokers: []string{"localhost:1"}, SASL: consumer.SASL{Mechanism: "PLAIN", Username: "u", Password: canary}}
	opts, err := kafkaadmin.Options(k)
	if err != nil {
		t.Fatal(err)
	}
	cl, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	dial, ok := cl.OptValue(kgo.Dialer).(func(context.Context, string, string) (net.Conn, error))
	if !ok {
		t.Fatal("no dialer is set")
	}
	_, err = dial(t.Context(), "tcp", "192.0.2.1:9092")
	if plaintext, ok := errors.AsType[*kafkaerr.PlaintextPasswordError](err); !ok || plaintext.Advertised != "192.0.2.1:9092" || !strings.Contains(err.Error(), "without TLS") {
		t.Errorf("got %v", err)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(nil) // For its certificate alone.
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in"),
		kfake.TLS(&tls.Config{MinVersion: tls.VersionTLS12, Certificates: server.TLS.Certificates, ClientAuth: tls.RequireAnyClientCert}))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	conf := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, Certificates: server.TLS.Certificates}
	k := consumer.Kafka{Brokers: cluster.ListenAddrs(), TLS: conf}
	if _, err := kafkaadmin.Describe(t.Context(), k, "in"); err != nil {
		t.Errorf("mutual TLS: %v", err)
	}
	k.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: conf.Certificates}
	_, err = kafkaadmin.Describe(t.Context(), k, "in")
	if _, ok := errors.AsType[*kafkaerr.UnreachableError](err); !ok || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("unknown authority: %v", err)
	}
}
