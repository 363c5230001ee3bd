package testenv

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"
)

// Listener is a further address of a broker: behind a proxy, or of another security protocol.
type Listener struct {
	// Name consists of capital letters.
	Name string
	// Address is where the broker listens, host:port.
	Address string
	// Advertised is where the broker sends clients of this listener: to the proxy, so that they stay with it.
	Advertised string
	// Protocol is Kafka's security protocol. Defaults to PLAINTEXT.
	Protocol string
	// Properties are broker properties of this listener alone, without their prefix.
	Properties map[string]string
}

// SCRAMListener is an address at which clients authenticate by SCRAM-SHA-512, and do so again after a time.
// [SetPassword] adds users.
func SCRAMListener(name, address string, again time.Duration) Listener {
	const mechanism = "scram-sha-512"
	return Listener{Name: name, Address: address, Advertised: address, Protocol: "SASL_PLAINTEXT", Properties: map[string]string{
		"sasl.enabled.mechanisms":                "SCRAM-SHA-512",
		mechanism + ".sasl.jaas.config":          "org.apache.kafka.common.security.scram.ScramLoginModule required;",
		mechanism + ".connections.max.reauth.ms": strconv.FormatInt(again.Milliseconds(), 10),
	}}
}

// MutualTLSListener is an address at which clients authenticate by a certificate of the authority.
func MutualTLSListener(name, address, advertised string, authority *Authority) (Listener, error) {
	certificate, key, err := authority.Issue(name, time.Now().Add(24*time.Hour))
	if err != nil {
		return Listener{}, err
	}
	return Listener{Name: name, Address: address, Advertised: advertised, Protocol: "SSL", Properties: map[string]string{
		"ssl.client.auth":                "required",
		"ssl.keystore.type":              "PEM",
		"ssl.keystore.certificate.chain": string(certificate),
		"ssl.keystore.key":               string(key),
		"ssl.truststore.type":            "PEM",
		"ssl.truststore.certificates":    string(authority.Certificate()),
	}}, nil
}

// SetPassword gives a user a password for SCRAM-SHA-512, in place of the one before.
func SetPassword(ctx context.Context, bootstrap, user, password string) error {
	const iterations = 4096
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails.
	salted, err := pbkdf2.Key(sha512.New, password, salt, iterations, sha512.Size)
	if err != nil {
		return fmt.Errorf("setting the password of %s: %w", user, err)
	}
	c := newClient(bootstrap)
	defer c.Close()
	answer, err := c.AlterUserScramCredentials(ctx, &kafka.AlterUserScramCredentialsRequest{
		Upsertions: []kafka.UserScramCredentialsUpsertion{{
			Name: user, Mechanism: kafka.ScramMechanismSha512, Iterations: iterations, Salt: salt, SaltedPassword: salted,
		}},
	})
	if err == nil {
		for _, result := range answer.Results {
			err = errors.Join(err, result.Error)
		}
	}
	if err != nil {
		return fmt.Errorf("setting the password of %s: %w", user, err)
	}
	return nil
}
