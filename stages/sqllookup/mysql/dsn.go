package mysql

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"
)

// errDSN keeps the driver's words back: they can hold parts of a password.
var errDSN = errors.New("the dsn cannot be read: write mysql://user:password@host:3306/database, with %40 for an @ in the password, or user:password@tcp(host:3306)/database")

// parseDSN is the driver's configuration for a DSN, without what would change how values are read, or let a server
// read files.
func parseDSN(dsn string) (*driver.Config, error) {
	var (
		cfg *driver.Config
		err error
	)
	if strings.HasPrefix(dsn, "mysql://") || strings.HasPrefix(dsn, "mariadb://") {
		cfg, err = parseURL(dsn)
	} else {
		cfg, err = driver.ParseDSN(dsn)
	}
	if err != nil {
		if strings.Contains(err.Error(), "TLS") || strings.Contains(err.Error(), "tls") {
			return nil, errors.New("the dsn's TLS setting is wrong: tls is true, false, skip-verify or preferred")
		}
		return nil, errDSN
	}
	cfg.ParseTime, cfg.InterpolateParams, cfg.MultiStatements, cfg.ColumnsWithAlias = false, false, false, false
	cfg.AllowAllFiles, cfg.RejectReadOnly = false, false
	cfg.Logger = &driver.NopLogger{} // Its errors are returned, too.
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	return cfg, nil
}

// parseURL is the configuration for a URL, whose parameters are the driver's.
func parseURL(dsn string) (*driver.Config, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, errDSN
	}
	host, port := u.Hostname(), u.Port()
	if host == "" {
		host = "127.0.0.1"
	}
	if port == "" {
		port = "3306"
	}
	database := url.PathEscape(strings.TrimPrefix(u.Path, "/"))
	cfg, err := driver.ParseDSN("tcp(" + net.JoinHostPort(host, port) + ")/" + database + "?" + u.RawQuery)
	if err != nil {
		return nil, err
	}
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	return cfg, nil
}
