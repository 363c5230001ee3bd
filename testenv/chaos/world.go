package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline/testenv"
)

// World is the services that rounds share, and a lane for each round that runs beside others.
type World struct {
	postgres, redis *testenv.Service
	authority       *testenv.Authority
	password        string // the address of the broker at which clients give one
	lanes           chan *lane
	all             []*lane

	mu    sync.Mutex
	sites map[string]*site // by name; the first one is there from the start, others are when they are first asked for
}

// lane is one round's way to the services.
type lane struct {
	broker  string // where a pipeline finds Kafka, also by its advertised address
	answers *lossy
	links   map[string]*link
	dsn     string // of PostgreSQL
	redis   string
	tls     string            // where a pipeline finds Kafka with a client certificate
	http    [processes]string // free addresses
}

// The addresses of a lane: before the loss of responses, before and behind the links, and those of the processes.
const laneAddresses = 7 + processes

// Up starts the services, for so many rounds side by side. ctx bounds the start alone; end it by [World.Close].
func Up(ctx context.Context, lanes int) (_ *World, err error) {
	w := &World{lanes: make(chan *lane, lanes), sites: map[string]*site{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	free, err := testenv.FreeAddresses(ctx, lanes*laneAddresses+1)
	if err != nil {
		return nil, err
	}
	listeners, err := w.listeners(free, lanes)
	if err != nil {
		return nil, err
	}
	var starting errgroup.Group
	starting.Go(func() error { return w.startBroker(ctx, listeners) })
	starting.Go(func() (err error) { w.postgres, err = testenv.StartPostgres(ctx); return err })
	starting.Go(func() (err error) { w.redis, err = testenv.StartRedis(ctx); return err })
	if err := starting.Wait(); err != nil {
		return nil, err
	}
	for i := range lanes {
		if err := w.addLane(ctx, free[i*laneAddresses:][:laneAddresses]); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// listeners are the broker's listeners: two for each lane (the second asks for a certificate), and one that asks
// for a password.
func (w *World) listeners(free []string, lanes int) (list []testenv.Listener, err error) {
	if w.authority, err = testenv.NewAuthority(); err != nil {
		return nil, err
	}
	w.password = free[lanes*laneAddresses]
	list = append(list, testenv.SCRAMListener("PASSWORD", w.password, loginAgain))
	for i := range lanes {
		own := free[i*laneAddresses:]
		mutual, err := testenv.MutualTLSListener(fmt.Sprintf("TLS%d", i), own[6], own[5], w.authority)
		if err != nil {
			return nil, err
		}
		list = append(list, mutual, testenv.Listener{Name: fmt.Sprintf("LANE%d", i), Address: own[2], Advertised: own[0]})
	}
	return list, nil
}

func (w *World) addLane(ctx context.Context, own []string) error {
	database, err := url.Parse(w.postgres.Address())
	if err != nil {
		return err
	}
	l := &lane{broker: own[0], redis: own[4], tls: own[5], http: [processes]string(own[7:]), links: map[string]*link{}}
	w.all = append(w.all, l)
	if l.answers, err = newLossy(ctx, own[0], own[1]); err != nil {
		return err
	}
	for _, to := range []struct{ service, listen, upstream string }{
		{"kafka", own[1], own[2]},
		{"postgres", own[3], database.Host},
		{"redis", own[4], w.redis.Address()},
		{"kafka by certificate", own[5], own[6]},
	} {
		if l.links[to.service], err = newLink(to.service, to.listen, to.upstream); err != nil {
			return err
		}
	}
	database.Host = own[3]
	l.dsn = database.String()
	w.lanes <- l
	return nil
}

// take waits for a lane.
func (w *World) take(ctx context.Context) (*lane, error) {
	select {
	case l := <-w.lanes:
		return l, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// repair restarts all services of a round, whatever state a failed round has left.
func (w *World) repair(ctx context.Context, own *site) error {
	var errs []error
	for _, s := range []*testenv.Service{w.postgres, w.redis} {
		_ = s.Resume() // One that does not run says so.
		if err := s.Start(ctx); !errors.Is(err, testenv.ErrRunning) {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, own.repair(ctx))...)
}

// give makes a lane whole and free again.
func (w *World) give(l *lane) {
	l.answers.lose(nothing)
	for _, link := range l.links {
		link.repair()
	}
	w.lanes <- l
}

// Close ends the services.
func (w *World) Close() error {
	var errs []error
	for _, l := range w.all {
		for _, link := range l.links {
			link.proxy.Stop()
		}
		if l.answers != nil {
			errs = append(errs, l.answers.Close())
		}
	}
	for _, s := range []*testenv.Service{w.postgres, w.redis} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(append(errs, w.closeSites())...)
}

// through is the DSN of a database, as a pipeline of the lane reaches it.
func (l *lane) through(dsn string) string {
	database := dsn[strings.LastIndex(dsn, "/"):]
	return l.dsn[:strings.LastIndex(l.dsn, "/")] + database
}
