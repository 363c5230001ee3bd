package pipeline

import (
	"cmp"
	"crypto/tls"
	"errors"
	"net/url"
	"regexp"

	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/tlsfiles"
)

// RenewedTLS opens the files of a section tls, whose key is key. It returns the function that gives each new connection its
// configuration, or nil where the section is off.
func RenewedTLS(file *pipelinefile.File, key string, section pipelinefile.TLS, watch *tlsfiles.Watch) (func() *tls.Config, error) {
	if !section.Enabled {
		return nil, nil //nolint:nilnil // No encryption is no configuration.
	}
	set, err := tlsfiles.Open(tlsFiles(key, section), watch)
	if failed, ok := errors.AsType[*tlsfiles.FileError](err); ok {
		return nil, file.Errorf(key+"."+failed.Key, "%v", failed)
	}
	if err != nil {
		return nil, err
	}
	return set.Config, nil
}

func tlsFiles(key string, section pipelinefile.TLS) tlsfiles.Files {
	return tlsfiles.Files{Key: key, CA: section.CA, Cert: section.Cert, PrivateKey: section.Key}
}

// TLSFiles returns the files of each section tls that is on, and the files that PostgreSQL's DSNs name.
func TLSFiles(file *pipelinefile.File) []tlsfiles.Files {
	var all []tlsfiles.Files
	add := func(key string, section pipelinefile.TLS) {
		if section.Enabled {
			all = append(all, tlsFiles(key, section))
		}
	}
	add("kafka.tls", file.Kafka.TLS)
	if file.Registry != nil {
		add("registry.tls", file.Registry.TLS)
	}
	for _, s := range file.Sources {
		if s.SQL != nil && s.SQL.Driver == pipelinefile.DriverPostgres {
			all = append(all, tlsfiles.Files{Key: "sources." + s.Name + ".sql.dsn", CA: dsnSetting(s.SQL.DSN.Reveal(), "sslrootcert"), Cert: dsnSetting(s.SQL.DSN.Reveal(), "sslcert")})
		}
		if s.Redis != nil {
			add("sources."+s.Name+".redis.tls", s.Redis.TLS)
		}
		if s.HTTP != nil {
			add("sources."+s.Name+".http.tls", s.HTTP.TLS)
			if s.HTTP.OAuth != nil {
				add("sources."+s.Name+".http.oauth.tls", s.HTTP.OAuth.TLS)
			}
		}
		if s.GRPC != nil {
			add("sources."+s.Name+".grpc.tls", s.GRPC.TLS)
		}
		if s.MongoDB != nil {
			add("sources."+s.Name+".mongodb.tls", s.MongoDB.TLS)
		}
	}
	if file.Cache.Redis != nil {
		add("cache.redis.tls", file.Cache.Redis.TLS)
	}
	return all
}

// dsnSetting is a setting of PostgreSQL's DSN, a URL or pairs of keys and values; empty where it has none.
func dsnSetting(dsn, name string) string {
	if u, err := url.Parse(dsn); err == nil && u.Scheme != "" {
		return u.Query().Get(name)
	}
	found := regexp.MustCompile(`(?:^|\s)` + name + `\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S+))`).FindStringSubmatch(dsn)
	if found == nil {
		return ""
	}
	return cmp.Or(regexp.MustCompile(`\\(.)`).ReplaceAllString(found[1], "$1"), found[2])
}
