package chaos

import (
	"context"
	"errors"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loaderline/loaderline/testenv"
)

// postgresKilled, postgresRestarted and postgresFrozen take PostgreSQL from all rounds that run.
var (
	postgresKilled = Fault{
		Name:   "postgres kill -9",
		Inject: func(_ context.Context, r *Round) error { return r.world.postgres.Kill() },
		Heal:   func(ctx context.Context, r *Round) error { return r.world.postgres.Start(ctx) },
	}
	postgresRestarted = Fault{
		Name:   "postgres restarted",
		Inject: func(ctx context.Context, r *Round) error { return r.world.postgres.Stop(ctx) },
		Heal:   func(ctx context.Context, r *Round) error { return r.world.postgres.Start(ctx) },
	}
	postgresFrozen = Fault{
		Name:   "postgres frozen",
		Inject: func(_ context.Context, r *Round) error { return r.world.postgres.Pause() },
		Heal:   func(_ context.Context, r *Round) error { return r.world.postgres.Resume() },
	}
)

// ofPipelines are the server processes that work for loaderline.
const ofPipelines = "FROM pg_stat_activity WHERE application_name = 'loaderline' AND datname = current_database()"

// terminated ends the connections of the pipeline by the database's administrator.
var terminated = Fault{
	Name: "postgres connections terminated",
	Inject: func(ctx context.Context, r *Round) error {
		return r.inDatabase(ctx, "SELECT pg_terminate_backend(pid) "+ofPipelines)
	},
}

// crashed kills one server process of the pipeline, at which PostgreSQL ends all of them and recovers.
var crashed = Fault{
	Name: "postgres backend kill -9",
	Inject: func(ctx context.Context, r *Round) error {
		conn, err := r.holdConnection(ctx)
		if err != nil {
			return err
		}
		var pid int
		if err := conn.QueryRow(ctx, "SELECT pid "+ofPipelines+" LIMIT 1").Scan(&pid); err != nil {
			return err
		}
		return syscall.Kill(pid, syscall.SIGKILL)
	},
	Heal: func(ctx context.Context, r *Round) error {
		_ = r.releaseConnections(ctx) // The server has ended them.
		return nil
	},
}

// locked has lookups of users wait for a lock.
var locked = Fault{
	Name: "postgres table locked",
	Inject: func(ctx context.Context, r *Round) error {
		conn, err := r.holdConnection(ctx)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, "BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
		return err
	},
	Heal: func(ctx context.Context, r *Round) error { return r.releaseConnections(ctx) },
}

// crowded takes all connections that the server has, those of the pipeline too.
var crowded = Fault{
	Name: "postgres out of connections",
	Inject: func(ctx context.Context, r *Round) error {
		if err := terminated.Inject(ctx, r); err != nil {
			return err
		}
		const tooMany = "53300"
		for {
			_, err := r.holdConnection(ctx)
			if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusal.Code == tooMany {
				return nil
			}
			if err != nil {
				return err
			}
		}
	},
	Heal: func(ctx context.Context, r *Round) error { return r.releaseConnections(ctx) },
}

// lateRows takes a tenth of the users away and puts them back. The events about them have to wait in the retry topics.
var lateRows = Fault{
	Name: "rows late",
	Inject: func(ctx context.Context, r *Round) error {
		return r.inDatabase(ctx, `
BEGIN;
CREATE TABLE late AS SELECT * FROM users WHERE id % 10 = 3;
DELETE FROM users WHERE id IN (SELECT id FROM late);
COMMIT`)
	},
	Heal: func(ctx context.Context, r *Round) error {
		return r.inDatabase(ctx, "BEGIN; INSERT INTO users SELECT * FROM late; DROP TABLE late; COMMIT")
	},
}

// firstHost takes the first of two hosts from the pipeline. The pipeline has to continue with the other before the
// first is back.
func firstHost(fault Fault) Fault {
	inject := fault.Inject
	fault.Name = "first host: " + fault.Name
	fault.Inject = func(ctx context.Context, r *Round) error {
		if err := inject(ctx, r); err != nil {
			return err
		}
		// What is cached, or already loaded, needs no host.
		if err := pause(ctx, cachedFor); err != nil {
			return err
		}
		published, err := r.checker.Load().Inputs(ctx)
		if err != nil {
			return err
		}
		return r.awaitOutcomes(ctx, published)
	}
	return fault
}

// inDatabase runs statements past the proxies.
func (r *Round) inDatabase(ctx context.Context, statements string) error {
	return testenv.Execute(ctx, r.database.dsn, statements)
}

// holdConnection opens a connection past the proxies that stays until releaseConnections.
func (r *Round) holdConnection(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.Connect(ctx, r.database.dsn)
	if err == nil {
		r.held = append(r.held, conn)
	}
	return conn, err
}

func (r *Round) releaseConnections(ctx context.Context) error {
	var errs []error
	for _, conn := range r.held {
		errs = append(errs, conn.Close(ctx))
	}
	r.held = nil
	return errors.Join(errs...)
}
