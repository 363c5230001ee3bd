package testenv

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// StartPostgres starts PostgreSQL with an empty database and returns once it answers; [Service.Address] is its
// superuser's DSN. It trusts every local connection, takes 200 of them, keeps time in UTC, and does not sync its
// files: its data outlives the server's crash but not the machine's. ctx bounds the start alone; end the service
// by [Service.Close].
func StartPostgres(ctx context.Context) (*Service, error) {
	paths, err := locate(ctx, postgresProgram("initdb"), postgresProgram("postgres"))
	if err != nil {
		return nil, fmt.Errorf("starting postgres: %w", err)
	}
	s, err := newService("postgres")
	if err != nil {
		return nil, err
	}
	if err := s.preparePostgres(ctx, paths[0], paths[1]); err != nil {
		return nil, errors.Join(fmt.Errorf("starting postgres: %w", err), s.Close())
	}
	return s.launch(ctx)
}

// preparePostgres makes the cluster.
func (s *Service) preparePostgres(ctx context.Context, initdb, postgres string) error {
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	create := s.command
	create.path = initdb
	create.args = []string{
		"--pgdata=" + data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync",
	}
	if err := create.run(ctx); err != nil {
		return fmt.Errorf("making its cluster: %w", err)
	}
	s.servePostgres(postgres, data, ports[0], "256MB")
	return nil
}

// servePostgres has the service run a cluster.
func (s *Service) servePostgres(postgres, data string, port int, sharedBuffers string) {
	s.address = fmt.Sprintf("postgres://postgres@%s/postgres?sslmode=disable", hostPort(port))
	s.stop = syscall.SIGINT           // the fast shutdown: it does not wait for clients to go.
	s.command.death = syscall.SIGQUIT // the immediate one: no child is left behind.
	s.command.path = postgres
	s.command.args = []string{"-D", data, "-p", strconv.Itoa(port)}
	for _, setting := range []string{
		"listen_addresses=" + loopback, "unix_socket_directories=", "max_connections=200",
		"shared_buffers=" + sharedBuffers, "fsync=off", "timezone=UTC",
	} {
		s.command.args = append(s.command.args, "-c", setting)
	}
	s.ready = func(ctx context.Context) error { return postgresAnswers(ctx, s.address) }
}

// postgresAnswers returns nil once a DSN can be connected to.
func postgresAnswers(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	return errors.Join(conn.Ping(ctx), conn.Close(ctx))
}

// postgresProgram is a program of the newest PostgreSQL. Debian keeps the server's off PATH.
func postgresProgram(name string) program {
	return program{name: name, debian: "postgresql", find: func() (string, error) {
		found, err := filepath.Glob(filepath.Join("/usr/lib/postgresql/*/bin", name))
		if err != nil || len(found) == 0 {
			return exec.LookPath(name)
		}
		return slices.MaxFunc(found, func(a, b string) int { return postgresVersion(a) - postgresVersion(b) }), nil
	}}
}

// postgresVersion returns the major version that a path of Debian's PostgreSQL is of, 0 where it names none.
func postgresVersion(path string) int {
	version, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if err != nil {
		return 0
	}
	return version
}
