package grpclookup

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/loaderline/loaderline/internal/guardedhttp"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Config says which service to use, and how. The zero value of each field but Address is its default.
type Config struct {
	// Address is the service's host:port. Calls go to all addresses that the host has, in turn.
	Address string
	// Metadata is sent with each call, such as authorization: Bearer TOKEN. No error shows its values.
	Metadata map[string]lookup.Secret
	// TLS is the configuration of connections. The name that a certificate must have defaults to the host. Defaults to none:
	// connections are not encrypted.
	TLS *tls.Config `json:"-"`
	// RenewTLS returns the configuration for the next connection, in place of TLS, so that certificates can be renewed without
	// a restart. It is called concurrently. Defaults to none.
	RenewTLS func() *tls.Config `json:"-"`
	// Files has the descriptors of the service. protoregistry.GlobalFiles has those of generated code in the program. Defaults to none:
	// each Lookup then asks the service's reflection service.
	Files *protoregistry.Files `json:"-"`
	// Timeout bounds one call up to the end of its response. Defaults to 5 s.
	Timeout time.Duration
	// MaxAnswerBytes bounds one response, as a message and as JSON. Defaults to 64 MiB, and is 1 GiB at most. A larger response is a
	// permanent error, so that the engine asks again for fewer keys.
	MaxAnswerBytes int64
}

func (cfg Config) withDefaults() Config {
	if cfg.Timeout <= 0 {
		cfg.Timeout = 5 * time.Second
	}
	if cfg.MaxAnswerBytes <= 0 {
		cfg.MaxAnswerBytes = 64 << 20
	}
	cfg.MaxAnswerBytes = min(cfg.MaxAnswerBytes, 1<<30)
	return cfg
}

// Open makes a client of a service without connecting, whatever ctx is. Its error has all mistakes in the configuration, and quotes
// no value.
//
// The client's Lookup checks a query against the descriptors of the service. An error of a wrong query is fatal by stages.ClassOf. Ping
// asks grpc.health.v1.Health, or only connects if the service does not have that. Close ends the calls in progress.
func Open(_ context.Context, cfg Config) (lookup.Client[Query], error) {
	cfg = cfg.withDefaults()
	md, metadataErr := parseMetadata(cfg.Metadata)
	if err := errors.Join(checkAddress(cfg.Address), metadataErr); err != nil {
		return nil, fmt.Errorf("grpc: %w", err)
	}
	c := &client{cfg: cfg, metadata: md}
	if err := c.open(); err != nil {
		return nil, fmt.Errorf("grpc: %w", err)
	}
	return c, nil
}

func checkAddress(text string) error {
	host, port, err := net.SplitHostPort(text)
	switch {
	case text == "":
		return errors.New("there is no address: it says where the service is, as host:port")
	case err != nil || host == "" || port == "" || strings.ContainsAny(text, "/@"): // What was meant as a URL can hold a password.
		return errors.New("the address is not host:port")
	}
	if address, err := netip.ParseAddr(host); err == nil && guardedhttp.Blocked(address) {
		return fmt.Errorf("the address %s is link-local or a metadata service: it is never asked", address)
	}
	return nil
}

// parseMetadata checks names and values without quoting a value.
func parseMetadata(fields map[string]lookup.Secret) (metadata.MD, error) {
	md := metadata.MD{}
	var errs []error
	for name, secret := range fields {
		value, lower := string(secret), strings.ToLower(name)
		switch {
		case name == "" || strings.ContainsFunc(lower, isNoNameCharacter):
			errs = append(errs, fmt.Errorf("%q is not a name of metadata: it has lower-case letters, digits, dots, - and _", name))
		case strings.HasPrefix(lower, "grpc-"), lower == "content-type", lower == "te", lower == "user-agent", lower == "host", lower == "connection":
			errs = append(errs, fmt.Errorf("the metadata %s cannot be set: it belongs to the connection", lower))
		case strings.HasSuffix(lower, "-bin"):
			errs = append(errs, fmt.Errorf("the metadata %s cannot be set: it is binary, and values are text", lower))
		case len(md[lower]) > 0:
			errs = append(errs, fmt.Errorf("the metadata %s is there twice, in two spellings", lower))
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
			errs = append(errs, fmt.Errorf("the metadata %s holds a character that is not printable ASCII, such as the end of a line", lower))
		default:
			md[lower] = []string{value}
		}
	}
	return md, errors.Join(errs...)
}

func isNoNameCharacter(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
}
