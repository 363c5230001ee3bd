package testenv_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/loaderline/loaderline/testenv"
)

func TestKafkaListenersAuthenticate(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	addresses, err := testenv.FreeAddresses(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := testenv.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	mutual, err := testenv.MutualTLSListener("MUTUAL", addresses[1], addresses[1], authority)
	if err != nil {
		t.Fatal(err)
	}
	broker := start(t, func(ctx context.Context) (*testenv.Service, error) {
		return testenv.StartKafka(ctx, testenv.KafkaConfig{
			Heap: "512m", Listeners: []testenv.Listener{testenv.SCRAMListener("SECRET", addresses[0], time.Minute), mutual},
		})
	})

	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.Certificate())
	password := func(password string) kgo.Opt {
		return kgo.SASL(scram.Auth{User: "reader", Pass: password}.AsSha512Mechanism())
	}
	certificate := func(authority *testenv.Authority, ends time.Time) kgo.Opt {
		certificate, key, err := authority.Issue("reader", ends)
		if err != nil {
			t.Fatal(err)
		}
		pair, err := tls.X509KeyPair(certificate, key)
		if err != nil {
			t.Fatal(err)
		}
		return kgo.DialTLSConfig(&tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}})
	}
	for _, p := range []string{"first", "second"} {
		if err := testenv.SetPassword(ctx, broker.Address(), "reader", p); err != nil {
			t.Fatal(err)
		}
	}
	other, err := testenv.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, address string
		with          kgo.Opt
		enters        bool
	}{
		{"the password", addresses[0], password("second"), true},
		{"the password from before", addresses[0], password("first"), false},
		{"no password", addresses[0], kgo.ClientID("nobody"), false},
		{"a certificate", addresses[1], certificate(authority, time.Now().Add(time.Hour)), true},
		{"a certificate that has ended", addresses[1], certificate(authority, time.Now().Add(-time.Minute)), false},
		{"a certificate of another authority", addresses[1], certificate(other, time.Now().Add(time.Hour)), false},
		{"no certificate", addresses[1], kgo.DialTLSConfig(&tls.Config{RootCAs: roots}), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, err := kgo.NewClient(kgo.SeedBrokers(tt.address), tt.with)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			err = client.Ping(ctx)
			if (err == nil) != tt.enters {
				t.Errorf("error %v, and it should enter: %v", err, tt.enters)
			}
		})
	}
}
