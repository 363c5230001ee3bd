package testenv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// The variables of the environment that name running services.
const (
	EnvKafka    = "LOADERLINE_TEST_KAFKA"
	EnvPostgres = "LOADERLINE_TEST_POSTGRES"
	EnvMySQL    = "LOADERLINE_TEST_MYSQL"
	EnvRedis    = "LOADERLINE_TEST_REDIS"
	EnvRegistry = "LOADERLINE_TEST_REGISTRY"
	EnvMongoDB  = "LOADERLINE_TEST_MONGODB"
)

// World is one of each service, for a command that runs tests or benchmarks over them.
type World struct {
	// Kafka and Redis are host:port, Postgres and MariaDB are DSNs, Registry is a URL, and MongoDB a URI.
	Kafka, Postgres, MariaDB, Redis, Registry, MongoDB string

	mu       sync.Mutex // guards progress and started.
	progress io.Writer
	started  []*Service

	starting sync.WaitGroup     // done once the services that start behind Up are ready, or cannot start.
	late     []error            // why they cannot start; read after starting.
	giveUp   context.CancelFunc // ends their start.
}

// Up returns a world of running services. It takes the services that the environment names, and starts the rest side by
// side. It writes a line to progress when a service is ready, with how long that took. If one cannot start, all are
// closed again. The registry and MongoDB may still be starting, since few tests need them: see [World.Wait]. ctx bounds the
// start alone; end the world by [World.Close].
func Up(ctx context.Context, progress io.Writer) (*World, error) {
	if err := installAll(ctx, progress); err != nil {
		return nil, err
	}
	w := &World{progress: progress}
	if err := w.startBehind(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	kafka := func(ctx context.Context) (*Service, error) { return StartKafka(ctx, KafkaConfig{}) }
	var group errgroup.Group
	for _, service := range []struct {
		name, env string
		address   *string
		start     func(context.Context) (*Service, error)
	}{
		{"kafka", EnvKafka, &w.Kafka, kafka},
		{"postgres", EnvPostgres, &w.Postgres, StartPostgres},
		{"mariadb", EnvMySQL, &w.MariaDB, StartMariaDB},
		{"redis", EnvRedis, &w.Redis, StartRedis},
	} {
		if w.inUse(service.name, service.env, service.address) {
			continue
		}
		group.Go(func() (err error) {
			*service.address, err = w.start(ctx, service.name, service.start)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// inUse takes the address of a service from the environment, and reports whether it is there.
func (w *World) inUse(name, env string, address *string) bool {
	*address = os.Getenv(env)
	if *address == "" {
		return false
	}
	w.tell("%-8s in use: %s is set\n", name, env)
	return true
}

// start starts a service, and returns its address.
func (w *World) start(ctx context.Context, name string, start func(context.Context) (*Service, error)) (string, error) {
	begin := time.Now()
	s, err := start(ctx)
	if err != nil {
		return "", err
	}
	w.mu.Lock()
	w.started = append(w.started, s)
	w.mu.Unlock()
	w.tell("%-8s ready after %.1f s: %s\n", name, time.Since(begin).Seconds(), s.Address())
	return s.Address(), nil
}

// tell writes a line of progress.
func (w *World) tell(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = fmt.Fprintf(w.progress, format, args...)
}

// startBehind begins to start the registry and MongoDB, unless the environment names them. Their addresses are known at once.
func (w *World) startBehind(ctx context.Context) error {
	ctx, w.giveUp = context.WithCancel(ctx)
	services := []struct {
		name, env string
		address   *string
		url       func(port int) string
		start     func(ctx context.Context, port int) (*Service, error)
	}{
		{"registry", EnvRegistry, &w.Registry, registryURL, startRegistry},
		{"mongodb", EnvMongoDB, &w.MongoDB, mongoURI, func(ctx context.Context, port int) (*Service, error) {
			return startMongoDB(ctx, MongoDBConfig{}, port)
		}},
	}
	w.late = make([]error, len(services))
	for i, service := range services {
		if w.inUse(service.name, service.env, service.address) {
			continue
		}
		ports, err := freePorts(ctx, 1)
		if err != nil {
			return fmt.Errorf("starting %s: %w", service.name, err)
		}
		*service.address = service.url(ports[0])
		w.starting.Go(func() {
			_, w.late[i] = w.start(ctx, service.name, func(ctx context.Context) (*Service, error) { return service.start(ctx, ports[0]) })
			if w.late[i] != nil && ctx.Err() == nil {
				w.tell("%-8s not ready: %v\n", service.name, w.late[i])
			}
		})
	}
	return nil
}

// Wait returns once the registry and MongoDB are ready too, or why they cannot start.
func (w *World) Wait() error {
	w.starting.Wait()
	return errors.Join(w.late...)
}

// installAll installs in one go what the services that will be started are missing: side by side they would ask the
// package manager one after the other.
func installAll(ctx context.Context, progress io.Writer) error {
	var programs []program
	if os.Getenv(EnvKafka) == "" {
		programs = append(programs, kcatProgram())
	}
	if os.Getenv(EnvKafka) == "" || os.Getenv(EnvRegistry) == "" {
		programs = append(programs, onPath("java", "default-jre-headless"))
	}
	if os.Getenv(EnvPostgres) == "" {
		programs = append(programs, postgresProgram("initdb"), postgresProgram("postgres"))
	}
	if os.Getenv(EnvMySQL) == "" {
		programs = append(programs, mariadbPrograms()...)
	}
	if os.Getenv(EnvRedis) == "" {
		programs = append(programs, onPath("redis-server", "redis-server"))
	}
	_, missing := search(programs)
	if len(missing) == 0 {
		return nil
	}
	begin := time.Now()
	_, _ = fmt.Fprintf(progress, "installing what is missing: %s\n", names(missing))
	if _, err := locate(ctx, programs...); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(progress, "installed after %.1f s\n", time.Since(begin).Seconds())
	return nil
}

// Env returns the variables, as NAME=VALUE, by which other processes find the services.
func (w *World) Env() []string {
	return []string{
		EnvKafka + "=" + w.Kafka, EnvPostgres + "=" + w.Postgres, EnvMySQL + "=" + w.MariaDB, EnvRedis + "=" + w.Redis,
		EnvRegistry + "=" + w.Registry, EnvMongoDB + "=" + w.MongoDB,
	}
}

// Close ends the services that Up started and removes their data; services that were running before stay.
func (w *World) Close() error {
	w.giveUp()
	w.starting.Wait()
	errs := make([]error, len(w.started))
	var group sync.WaitGroup
	for i, s := range w.started {
		group.Go(func() { errs[i] = s.Close() })
	}
	group.Wait()
	return errors.Join(errs...)
}
