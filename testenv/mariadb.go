package testenv

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// mariadbTables are the scripts, in order, that make the tables of the server itself. Time zones by name, help and
// the sys schema are left out: they take longer than all the rest.
var mariadbTables = [...]string{"mysql_system_tables.sql", "mysql_system_tables_data.sql"}

// StartMariaDB starts MariaDB without a database and returns once it answers; [Service.Address] is the DSN,
// in the form of go-sql-driver, of a user who may do everything. It takes 200 connections, keeps text in utf8mb4, and
// does not sync its files: its data outlives the server's crash but not the machine's. ctx bounds the start alone; end
// the service by [Service.Close].
func StartMariaDB(ctx context.Context) (*Service, error) {
	paths, err := locate(ctx, mariadbPrograms()...)
	if err != nil {
		return nil, fmt.Errorf("starting mariadb: %w", err)
	}
	s, err := newService("mariadb")
	if err != nil {
		return nil, err
	}
	if err := s.prepareMariaDB(ctx, paths[0], filepath.Dir(paths[1])); err != nil {
		return nil, errors.Join(fmt.Errorf("starting mariadb: %w", err), s.Close())
	}
	return s.launch(ctx)
}

// prepareMariaDB makes the data folder with the server's own tables.
func (s *Service) prepareMariaDB(ctx context.Context, server, scripts string) error {
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		return err
	}
	create := s.command
	create.input = filepath.Join(s.dir, "tables.sql")
	if err := writeMariaDBTables(create.input, scripts); err != nil {
		return err
	}
	if err := s.command.owner.own(s.dir); err != nil {
		return err
	}
	settings := []string{
		"--no-defaults", "--datadir=" + data,
		"--tmpdir=" + s.dir, // A server that starts removes what others keep in the same folder.
		"--skip-log-bin", "--skip-name-resolve", "--innodb-flush-method=nosync", "--innodb-log-file-size=32M",
		"--character-set-server=utf8mb4",
	}
	create.path = server
	create.args = slices.Concat(settings, []string{"--bootstrap"})
	if err := create.run(ctx); err != nil {
		return fmt.Errorf("making its tables: %w", err)
	}
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr = "root", "tcp", hostPort(ports[0])
	s.address = config.FormatDSN()
	s.command.path = server
	s.command.args = slices.Concat(settings, []string{
		"--bind-address=" + loopback, "--port=" + strconv.Itoa(ports[0]), "--socket=" + filepath.Join(s.dir, "socket"),
		"--pid-file=" + filepath.Join(s.dir, "pid"), "--max-connections=200",
		"--innodb-flush-log-at-trx-commit=2", // A commit outlives the server.
		"--innodb-fast-shutdown=2",           // The log says what is not in the tables yet.
	})
	s.ready = func(ctx context.Context) error { return executeMariaDB(ctx, s.address, "DO 1") }
	return nil
}

// writeMariaDBTables writes the script of a new server: its tables, and an administrator without a password.
func writeMariaDBTables(path, scripts string) error {
	text := []byte("CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n")
	for _, name := range mariadbTables {
		script, err := os.ReadFile(filepath.Join(scripts, name))
		if err != nil {
			return err
		}
		text = append(text, script...)
	}
	return os.WriteFile(path, text, 0o644)
}

// mariadbPrograms are the server and the first of its scripts. Their package brings no service that would start.
func mariadbPrograms() []program {
	const debian = "mariadb-server-core"
	server := program{name: "mariadbd", debian: debian, find: func() (string, error) {
		if path, err := exec.LookPath("mariadbd"); err == nil {
			return path, nil
		}
		return exec.LookPath("/usr/sbin/mariadbd") // Debian keeps it off the PATH of users.
	}}
	scripts := program{name: mariadbTables[0], debian: debian, find: func() (string, error) {
		for _, folder := range []string{"/usr/share/mysql", "/usr/share/mariadb"} {
			path := filepath.Join(folder, mariadbTables[0])
			if _, err := os.Stat(path); err == nil {
				return path, nil
			}
		}
		return "", fs.ErrNotExist
	}}
	return []program{server, scripts}
}

// CreateMariaDBDatabase makes an empty database of a new name on the server of dsn, and returns its DSN and what drops
// it. It works on MySQL too.
func CreateMariaDBDatabase(ctx context.Context, dsn string) (fresh string, drop func(context.Context) error, err error) {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return "", nil, fmt.Errorf("creating a database: %w", err)
	}
	name := "loaderline_" + strings.ToLower(rand.Text())
	if err := executeMariaDB(ctx, dsn, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4"); err != nil {
		return "", nil, fmt.Errorf("creating a database: %w", err)
	}
	drop = func(ctx context.Context) error {
		if err := executeMariaDB(ctx, dsn, "DROP DATABASE "+name); err != nil {
			return fmt.Errorf("dropping database %s: %w", name, err)
		}
		return nil
	}
	config.DBName = name
	return config.FormatDSN(), drop, nil
}

// executeMariaDB runs one statement over a new connection.
func executeMariaDB(ctx context.Context, dsn, statement string) (err error) {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return err
	}
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, statement)
	return err
}
