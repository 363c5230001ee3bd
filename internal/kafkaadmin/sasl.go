package kafkaadmin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/loaderline/loaderline/consumer"
)

func mechanism(s consumer.SASL) (sasl.Mechanism, error) {
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
			password, err := password(s)
			return plain.Auth{User: s.Username, Pass: string(password)}, err
		}), nil
	case "SCRAM-SHA-256":
		return scram.Sha256(scramAuth(s)), nil
	case "SCRAM-SHA-512":
		return scram.Sha512(scramAuth(s)), nil
	default:
		return nil, fmt.Errorf("kafka: sasl mechanism %q is not known: use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", s.Mechanism)
	}
}

func scramAuth(s consumer.SASL) func(context.Context) (scram.Auth, error) {
	return func(context.Context) (scram.Auth, error) {
		password, err := password(s)
		return scram.Auth{User: s.Username, Pass: string(password)}, err
	}
}

func password(s consumer.SASL) (consumer.Secret, error) {
	if s.CurrentPassword == nil {
		return s.Password, nil
	}
	password, err := s.CurrentPassword()
	if err != nil {
		return "", fmt.Errorf("kafka: read the password: %w", err)
	}
	return password, nil
}
