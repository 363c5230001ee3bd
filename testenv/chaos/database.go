package chaos

import (
	"context"
	"errors"
	"net/url"

	"github.com/loaderline/loaderline/testenv"
)

// How the file of a scenario can find PostgreSQL, besides the one server of all rounds.
const (
	onTwoHosts      = "two hosts"    // the same server twice, the second time past the proxies
	behindPgBouncer = "PgBouncer"    // in front of the same server, past the proxies
	withStandby     = "with standby" // a server of the round's own, and a standby of it
)

// database holds a round's rows.
type database struct {
	dsn     string                      // past the proxies
	drop    func(context.Context) error // nil where it ends with its server
	bouncer *testenv.Service            // nil where there is none
	primary *testenv.Service            // the round's own server; nil where it uses that of all rounds
	standby *testenv.Service            // nil where there is none
}

// makeDatabase makes an empty one.
func (r *Round) makeDatabase(ctx context.Context) (err error) {
	d := &r.database
	if r.scenario.Database != withStandby {
		d.dsn, d.drop, err = testenv.CreateDatabase(ctx, r.world.postgres.Address())
		return err
	}
	if d.primary, err = testenv.StartPostgres(ctx); err != nil {
		return err
	}
	d.dsn = d.primary.Address()
	return nil
}

// serveDatabase starts what is beside or before the server, once the rows are there.
func (r *Round) serveDatabase(ctx context.Context) (err error) {
	d := &r.database
	switch r.scenario.Database {
	case behindPgBouncer:
		d.bouncer, err = testenv.StartPgBouncer(ctx, d.dsn, testenv.PoolTransaction)
	case withStandby:
		d.standby, err = testenv.StartPostgresStandby(ctx, d.primary)
	}
	return err
}

// pipelineDSN is the one in the file.
func (r *Round) pipelineDSN() (string, error) {
	d := &r.database
	switch r.scenario.Database {
	case behindPgBouncer:
		return d.bouncer.Address(), nil
	case withStandby:
		return withHost(d.dsn, d.standby.Address(), "primary")
	case onTwoHosts:
		return withHost(r.lane.through(d.dsn), d.dsn, "any")
	default:
		return r.lane.through(d.dsn), nil
	}
}

// withHost returns a DSN that names the host of another one too.
func withHost(dsn, other, sessions string) (string, error) {
	first, err := url.Parse(dsn)
	if err != nil {
		return "", err
	}
	second, err := url.Parse(other)
	if err != nil {
		return "", err
	}
	first.Host += "," + second.Host
	query := first.Query()
	query.Set("target_session_attrs", sessions)
	first.RawQuery = query.Encode()
	return first.String(), nil
}

// close ends what belongs to the round alone.
func (d *database) close(ctx context.Context) error {
	var errs []error
	if d.drop != nil {
		errs = append(errs, d.drop(ctx))
	}
	for _, s := range []*testenv.Service{d.bouncer, d.standby, d.primary} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// promoted kills the round's own server and promotes its standby. The pipeline has to continue with the standby.
var promoted = Fault{
	Name: "primary kill -9, standby promoted",
	Inject: func(ctx context.Context, r *Round) error {
		if err := r.database.primary.Kill(); err != nil {
			return err
		}
		return testenv.Execute(ctx, r.database.standby.Address(), "SELECT pg_promote()")
	},
}

// bouncerKilled and bouncerRestarted take PgBouncer from the round.
var (
	bouncerKilled = Fault{
		Name:   "PgBouncer kill -9",
		Inject: func(_ context.Context, r *Round) error { return r.database.bouncer.Kill() },
		Heal:   func(ctx context.Context, r *Round) error { return r.database.bouncer.Start(ctx) },
	}
	bouncerRestarted = Fault{
		Name:   "PgBouncer restarted",
		Inject: func(ctx context.Context, r *Round) error { return r.database.bouncer.Stop(ctx) },
		Heal:   func(ctx context.Context, r *Round) error { return r.database.bouncer.Start(ctx) },
	}
)
