package testenv

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
)

// PoolMode says for how long a client of PgBouncer keeps a connection to the server.
type PoolMode string

// The modes of PgBouncer.
const (
	PoolSession     PoolMode = "session"
	PoolTransaction PoolMode = "transaction"
	PoolStatement   PoolMode = "statement"
)

// StartPgBouncer starts PgBouncer before a PostgreSQL whose DSN is a URL, and returns once it answers; [Service.Address] is the
// DSN through it. Except for the mode it has PgBouncer's defaults, so it refuses unknown startup parameters. All clients share
// two connections to each database, as the DSN's user. ctx bounds the start alone; end the service by [Service.Close].
func StartPgBouncer(ctx context.Context, dsn string, mode PoolMode) (*Service, error) {
	paths, err := locate(ctx, program{name: "pgbouncer", debian: "pgbouncer", find: findPgBouncer})
	if err != nil {
		return nil, fmt.Errorf("starting pgbouncer: %w", err)
	}
	s, err := newService("pgbouncer")
	if err != nil {
		return nil, err
	}
	if err := s.preparePgBouncer(ctx, paths[0], dsn, mode); err != nil {
		return nil, errors.Join(fmt.Errorf("starting pgbouncer: %w", err), s.Close())
	}
	return s.launch(ctx)
}

// findPgBouncer returns its path: Debian keeps it off the PATH of users.
func findPgBouncer() (string, error) {
	const debian = "/usr/sbin/pgbouncer"
	if _, err := os.Stat(debian); err == nil {
		return debian, nil
	}
	return onPath("pgbouncer", "pgbouncer").find()
}

func (s *Service) preparePgBouncer(ctx context.Context, path, dsn string, mode PoolMode) error {
	server, err := url.Parse(dsn)
	if err != nil {
		return fmt.Errorf("its server's DSN is no URL: %w", err)
	}
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return err
	}
	config := filepath.Join(s.dir, "pgbouncer.ini")
	text := fmt.Sprintf(`[databases]
* = host=%s port=%s user=%s
[pgbouncer]
listen_addr = %s
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = %s
default_pool_size = 2
`, server.Hostname(), server.Port(), server.User.Username(), loopback, ports[0], mode)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return err
	}
	server.Host = hostPort(ports[0])
	s.address = server.String()
	s.stop = syscall.SIGINT // It does not wait for clients to go.
	s.command.path, s.command.args = path, []string{config}
	s.ready = func(ctx context.Context) error { return postgresAnswers(ctx, s.address) }
	return nil
}
