package testenv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// MongoDBConfig says how a server lets clients in. The zero value does so without TLS and without a login.
type MongoDBConfig struct {
	// Authority issues the server's certificate, and those that the server demands of clients. Defaults to no TLS.
	Authority *Authority
	// Username and Password are those of the only user, who is of the database admin. Defaults to no login.
	Username, Password string
}

// StartMongoDB starts FerretDB, which speaks MongoDB's protocol and keeps its data in SQLite, and returns once it answers.
// [Service.Address] is the URI without credentials. The program is built from its Go module once and kept in the user's cache
// folder. ctx bounds the start alone; end the service by [Service.Close].
func StartMongoDB(ctx context.Context, cfg MongoDBConfig) (*Service, error) {
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return nil, fmt.Errorf("starting mongodb: %w", err)
	}
	return startMongoDB(ctx, cfg, ports[0])
}

// startMongoDB is [StartMongoDB] on a port.
func startMongoDB(ctx context.Context, cfg MongoDBConfig, port int) (*Service, error) {
	program, err := ferretDB(ctx)
	if err != nil {
		return nil, fmt.Errorf("starting mongodb: %w", err)
	}
	s, err := newService("mongodb")
	if err != nil {
		return nil, err
	}
	if err := s.prepareMongoDB(cfg, program, port); err != nil {
		return nil, errors.Join(fmt.Errorf("starting mongodb: %w", err), s.Close())
	}
	return s.launch(ctx)
}

func (s *Service) prepareMongoDB(cfg MongoDBConfig, program string, port int) error {
	data := filepath.Join(s.dir, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		return err
	}
	if s.command.owner != nil {
		// The cache folder is root's and closed to others, so the program comes to the server.
		own := filepath.Join(s.dir, "app")
		if err := os.CopyFS(own, os.DirFS(filepath.Dir(program))); err != nil {
			return err
		}
		program = filepath.Join(own, filepath.Base(program))
	}
	s.address = mongoURI(port)
	s.command.path = program
	s.command.args = []string{
		"--handler=sqlite", "--sqlite-url=file:" + data + "/", "--state-dir=" + s.dir, "--debug-addr=-", "--telemetry=disable", "--log-level=WARN",
	}
	s.ready = func(ctx context.Context) error { return mongoAnswers(ctx, s.address) }
	if cfg.Username != "" {
		s.command.args = append(s.command.args, "--test-enable-new-auth", "--setup-database=admin", "--setup-username="+cfg.Username, "--setup-password="+cfg.Password)
	}
	if cfg.Authority == nil {
		s.command.args = append(s.command.args, "--listen-addr="+hostPort(port))
		return s.command.owner.own(s.dir)
	}
	s.command.args = append(s.command.args, "--listen-addr=", "--listen-tls="+hostPort(port))
	certificate, key, err := cfg.Authority.Issue("mongodb", time.Now().Add(24*time.Hour))
	if err != nil {
		return err
	}
	for flag, pem := range map[string][]byte{"cert": certificate, "key": key, "ca": cfg.Authority.Certificate()} {
		file := filepath.Join(s.dir, flag+".pem")
		if err := os.WriteFile(file, pem, 0o600); err != nil {
			return err
		}
		s.command.args = append(s.command.args, fmt.Sprintf("--listen-tls-%s-file=%s", flag, file))
	}
	s.ready = func(ctx context.Context) error { return listens(ctx, hostPort(port)) }
	return s.command.owner.own(s.dir)
}

// listens returns nil once something listens at an address.
func listens(ctx context.Context, address string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// mongoURI returns the URI of a server on a port.
func mongoURI(port int) string { return "mongodb://" + hostPort(port) + "/" }

// overMongoDB calls f with a client of the server at a URI.
func overMongoDB(uri string, f func(*mongo.Client) error) (err error) {
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetDirect(true).SetServerSelectionTimeout(5 * time.Second))
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		err = errors.Join(err, client.Disconnect(ctx))
	}()
	return f(client)
}

// mongoAnswers returns nil once the server at a URI answers a ping.
func mongoAnswers(ctx context.Context, uri string) error {
	return overMongoDB(uri, func(client *mongo.Client) error { return client.Ping(ctx, nil) })
}

// dropMongoDB removes a database.
func dropMongoDB(ctx context.Context, uri, database string) error {
	return overMongoDB(uri, func(client *mongo.Client) error { return client.Database(database).Drop(ctx) })
}
