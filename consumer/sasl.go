package consumer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// SASL is how a client authenticates.
type SASL struct {
	// Mechanism is PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, in any case.
	// Empty means no authentication.
	Mechanism string

	// Username and Password are the credentials.
	Username string
	Password Secret

	// CurrentPassword returns the password for each login: of a new connection,
	// and of an old one that the broker wants to authenticate again. So a
	// changed password needs no restart. Several goroutines may call it. Its
	// error counts as an error of the connection, which is tried again.
	// Defaults to returning Password.
	CurrentPassword func() (Secret, error) `json:"-"`
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
