package sqllookup

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	driver4 "github.com/go-sql-driver/mysql"
)

// errMySQLDSN keeps the driver's words back: they can hold parts of a password.
var errMySQLDSN = errors.New("the dsn cannot be read: write mysql://user:password@host:3306/database, with %40 for an @ in the password, or user:password@tcp(host:3306)/database")

// mysqlDSN is the driver's configuration for a DSN, without what would change how values are read, or let a server
// read files.
func mysqlDSN(dsn string) (*driver4.Config, error) {
	var (
		cfg *driver4.Config
		err error
	)
	if strings.HasPrefix(dsn, "mysql://") || strings.HasPrefix(dsn, "mariadb://") {
		cfg, err = mysqlURL(dsn)
	} else {
		cfg, err = driver4.ParseDSN(dsn)
	}
	if err != nil {
		if strings.Contains(err.Error(), "TLS") || strings.Contains(err.Error(), "tls") {
			return nil, errors.New("the dsn's TLS setting is wrong: tls is true, false, skip-verify or preferred")
		}
		return nil, errMySQLDSN
	}
	cfg.ParseTime, cfg.InterpolateParams, cfg.MultiStatements, cfg.ColumnsWithAlias = false, false, false, false
	cfg.AllowAllFiles, cfg.RejectReadOnly = false, false
	cfg.Logger = &driver4.NopLogger{} // Its errors are returned, too.
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	return cfg, nil
}

// mysqlURL is the configuration for a URL, whose parameters are the driver's.
func mysqlURL(dsn string) (*driver4.Config, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, errMySQLDSN
	}
	host, port := u.Hostname(), u.Port()
	if host == "" {
		host = "127.0.0.1"
	}
	if port == "" {
		port = "3306"
	}
	database := url.PathEscape(strings.TrimPrefix(u.Path, "/"))
	cfg, err := driver4.ParseDSN("tcp(" + net.JoinHostPort(host, port) + ")/" + database + "?" + u.RawQuery)
	if err != nil {
		return nil, err
	}
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	return cfg, nil
}
