package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loaderline/loaderline/testenv"
)

const (
	accounts   = 50
	minChanges = 20
	changers   = 4
)

// versions changes rows and has the pipeline forget them. Each event says how new its row must at least be: as new as
// what was acknowledged before the event was published.
type versions struct {
	dsn  string
	url  string
	stop context.CancelFunc
	work sync.WaitGroup

	mu    sync.Mutex
	floor [accounts]int64
	count int
	err   error
}

func newVersions(ctx context.Context, r *Round) (*versions, error) {
	conn, err := pgx.Connect(ctx, r.dsn)
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, fmt.Sprintf(`
CREATE TABLE accounts (id bigint PRIMARY KEY, version bigint NOT NULL);
INSERT INTO accounts SELECT id, 0 FROM generate_series(0, %d) AS id`, accounts-1))
	return &versions{dsn: r.dsn, url: "http://" + r.lane.http + "/api/invalidate", stop: func() {}}, errors.Join(err, conn.Close(ctx))
}

// event is one that says how new its row must be.
func (v *versions) event(id int, user int64) testenv.Event {
	v.mu.Lock()
	floor := v.floor[user]
	v.mu.Unlock()
	e := testenv.NewEvent(id, user)
	e.Value = fmt.Appendf(nil, `{"event_id":"e-%d","user_id":%d,"floor":%d}`, id, user, floor)
	return e
}

// check says that an output has an older row than its event demands.
func (v *versions) check(r testenv.Record) string {
	var out struct {
		Event struct{ Floor int64 }
		User  *struct{ ID, Version int64 }
	}
	if err := json.Unmarshal(r.Value, &out); err != nil {
		return err.Error()
	}
	switch {
	case out.User == nil:
		return "its row is missing, and is there"
	case out.User.Version < out.Event.Floor:
		return fmt.Sprintf("its row is stale: version %d, when version %d was acknowledged before the event was published", out.User.Version, out.Event.Floor)
	default:
		return ""
	}
}

// changing changes rows, slowly read by the pipeline, until it is healed.
var changing = Fault{
	Name: "rows changed and invalidated",
	Inject: func(_ context.Context, r *Round) error {
		ctx, cancel := context.WithCancel(r.running)
		r.versions.stop = cancel
		for i := range changers {
			r.versions.work.Go(func() { r.versions.note(r.versions.change(ctx, i)) })
		}
		return slow("postgres", 60*time.Millisecond).Inject(ctx, r)
	},
	Heal: func(ctx context.Context, r *Round) error {
		return errors.Join(r.versions.close(), r.lane.links["postgres"].clean(ctx))
	},
}

// change changes its share of the rows, one after the other, twice in a row: while the pipeline loads the first change
// the second comes.
func (v *versions) change(ctx context.Context, share int) (err error) {
	conn, err := pgx.Connect(ctx, v.dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	for user := int64(share); ; user = (user + changers) % (accounts - accounts%changers) {
		for _, wait := range []time.Duration{20 * time.Millisecond, 40 * time.Millisecond} {
			var version int64
			row := conn.QueryRow(context.WithoutCancel(ctx), "UPDATE accounts SET version = version + 1 WHERE id = $1 RETURNING version", user)
			if err := row.Scan(&version); err != nil {
				return err
			}
			if err := v.invalidate(context.WithoutCancel(ctx), user); err != nil {
				return err
			}
			v.acknowledged(user, version)
			if pause(ctx, wait) != nil {
				return nil
			}
		}
	}
}

// invalidate returns once the process has forgotten a row.
func (v *versions) invalidate(ctx context.Context, user int64) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	body := []byte(`{"stage":"user","keys":[` + strconv.FormatInt(user, 10) + `]}`)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, v.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // Nothing of it is read.
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("invalidating a row: %s", answer.Status)
	}
	return nil
}

func (v *versions) acknowledged(user, version int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.floor[user] = version
	v.count++
}

func (v *versions) changed() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.count
}

func (v *versions) note(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.err = errors.Join(v.err, err)
}

// close ends the changes, and says what went wrong with them.
func (v *versions) close() error {
	v.stop()
	v.work.Wait()
	http.DefaultClient.CloseIdleConnections()
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.err
	v.err = nil
	return err
}
