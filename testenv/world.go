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
)

// World is one of each service, for a command that runs tests or benchmarks over them.
type World struct {
	// Kafka and Redis are host:port, Postgres and MariaDB are DSNs.
	Kafka, Postgres, MariaDB, Redis string

	started []*Service
}

// Up returns a world of running services: those that the environment names, and new ones for the rest, which start
// side by side. It tells progress, a line for each service, when each is ready and how long it took. When one
// cannot start, all are closed again. ctx bounds the start alone; end the world by [World.Close].
func Up(ctx context.Context, progress io.Writer) (*World, error) {
	if err := installAll(ctx, progress); err != nil {
		return nil, err
	}
	w := &World{}
	kafka := func(ctx context.Context) (*Service, error) { return StartKafka(ctx, KafkaConfig{}) }
	var (
		mu    sync.Mutex // guards started and progress.
		group errgroup.Group
	)
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
		if address := os.Getenv(service.env); address != "" {
			*service.address = address
			mu.Lock()
			_, _ = fmt.Fprintf(progress, "%-8s in use: %s is set\n", service.name, service.env)
			mu.Unlock()
			continue
		}
		group.Go(func() error {
			begin := time.Now()
			s, err := service.start(ctx)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			*service.address = s.Address()
			w.started = append(w.started, s)
			_, _ = fmt.Fprintf(progress, "%-8s ready after %.1f s: %s\n", service.name, time.Since(begin).Seconds(), s.Address())
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// installAll installs in one go what the services that will be started are missing: side by side they would ask the
// package manager one after the other.
func installAll(ctx context.Context, progress io.Writer) error {
	var programs []program
	if os.Getenv(EnvKafka) == "" {
		programs = append(programs, onPath("java", "default-jre-headless"), kcatProgram())
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
	}
}

// Close ends the services that Up started and removes their data; those that were running before stay.
func (w *World) Close() error {
	errs := make([]error, len(w.started))
	var group sync.WaitGroup
	for i, s := range w.started {
		group.Go(func() { errs[i] = s.Close() })
	}
	group.Wait()
	return errors.Join(errs...)
}
