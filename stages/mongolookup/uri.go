package mongolookup

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/loaderline/loaderline/internal/safeerr"
	"github.com/loaderline/loaderline/stages"
)

const (
	scheme    = "mongodb://"
	srvScheme = "mongodb+srv://"
)

var errURI = errors.New("the uri cannot be read: write it as mongodb://USER:PASSWORD@HOST:27017/?OPTION=VALUE, or mongodb+srv://HOST, and characters of the password " +
	"other than letters and digits as %XX")

// hostsOf returns the hosts of a URI, as the driver finds them.
func hostsOf(uri string) (string, error) {
	rest, found := strings.CutPrefix(uri, scheme)
	if !found {
		rest, found = strings.CutPrefix(uri, srvScheme)
	}
	if !found {
		return "", errors.New("the uri begins with neither mongodb:// nor mongodb+srv://")
	}
	if credentials, after, found := strings.Cut(rest, "@"); found {
		if strings.Contains(credentials, "/") {
			return "", errURI
		}
		rest = after
	}
	end := strings.IndexAny(rest, "/?@")
	if end < 0 {
		end = len(rest)
	}
	if end == 0 || end < len(rest) && rest[end] != '/' {
		return "", errURI
	}
	return rest[:end], nil
}

// checkURI checks a URI without a look-up of names: that of mongodb+srv in its form only.
func (cfg Config) checkURI() error {
	uri := string(cfg.URI)
	if uri == "" {
		return errors.New("there is no uri: it says where the servers are, such as mongodb://host:27017")
	}
	if _, err := hostsOf(uri); err != nil {
		return err
	}
	if strings.HasPrefix(uri, srvScheme) {
		return nil
	}
	_, err := cfg.options()
	return err
}

// options are the driver's options. The name of mongodb+srv is looked up for them.
func (cfg Config) options() (*options.ClientOptions, error) {
	opts := options.Client().ApplyURI(string(cfg.URI)).SetMaxPoolSize(uint64(cfg.Pool))
	if err := opts.Validate(); err != nil {
		if _, ok := errors.AsType[*net.DNSError](err); ok {
			return nil, &mongoError{message: "cannot look up the servers of the mongodb+srv name: " + safeerr.Reason(err), err: err}
		}
		return nil, stages.WithClass(uriError(err), stages.Fatal)
	}
	if opts.ServerSelectionTimeout == nil {
		// An end before that of the call says why there is no server.
		opts.SetServerSelectionTimeout(cfg.Timeout / 2)
	}
	if opts.AppName == nil {
		opts.SetAppName("loaderline")
	}
	switch {
	case cfg.RenewTLS != nil:
		opts.TLSConfig = nil // The dialer encrypts.
		opts.SetDialer(&tlsDialer{config: cfg.RenewTLS})
	case cfg.TLS != nil:
		opts.SetTLSConfig(cfg.TLS.Clone())
	}
	return opts, nil
}

// uriError is an error about a URI without what the driver quotes of it.
func uriError(err error) error {
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return &mongoError{message: "the uri names a file that cannot be read: " + file.Err.Error(), err: err}
	}
	return &mongoError{message: errURI.Error(), err: err}
}

// tlsDialer encrypts each connection by the current configuration.
type tlsDialer struct{ config func() *tls.Config }

// DialContext implements options.ContextDialer.
func (d *tlsDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &tls.Dialer{NetDialer: &net.Dialer{KeepAlive: 30 * time.Second}, Config: d.config().Clone()}
	return dialer.DialContext(ctx, network, address)
}
