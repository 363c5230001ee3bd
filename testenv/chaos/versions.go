package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
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
	// heardAfter is how long after its record came into the change topic a change has to be heard of by all processes.
	heardAfter = 5 * time.Second
)

// versions changes rows and has the pipeline forget them. Each event says how new its row must at least be: as new as
// what was acknowledged before the event was published. One process is told over HTTP, and acknowledges by its answer;
// several are told by a topic, and have heard of it after a while.
type versions struct {
	dsn  string
	tell func(ctx context.Context, user int64) error
	ack  time.Duration // after tell
	stop context.CancelFunc
	work sync.WaitGroup

	mu    sync.Mutex
	told  []change // that are not acknowledged yet
	floor [accounts]int64
	count int
	err   error
}

// change is a version of a row that all processes know of from then on.
type change struct {
	user, version int64
	known         time.Time
}

func newVersions(ctx context.Context, r *Round) (*versions, error) {
	conn, err := pgx.Connect(ctx, r.database.dsn)
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, fmt.Sprintf(`
CREATE TABLE accounts (id bigint PRIMARY KEY, version bigint NOT NULL);
INSERT INTO accounts SELECT id, 0 FROM generate_series(0, %d) AS id`, accounts-1))
	v := &versions{dsn: r.database.dsn, stop: func() {}, tell: overHTTP("http://" + r.lane.http[0] + "/api/invalidate")}
	if r.changes != "" {
		v.tell, v.ack = byTopic(r.kafka, r.changes), heardAfter
	}
	return v, errors.Join(err, conn.Close(ctx))
}

// event is one that says how new its row must be.
func (v *versions) event(id int, user int64) testenv.Event {
	floor := v.known(user)
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

// known is the version of a row that all processes know of.
func (v *versions) known(user int64) int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	for len(v.told) > 0 && !now.Before(v.told[0].known) {
		v.floor[v.told[0].user] = v.told[0].version
		v.told = v.told[1:]
	}
	return v.floor[user]
}

// begin changes rows until close.
func (v *versions) begin(ctx context.Context) {
	ctx, v.stop = context.WithCancel(ctx)
	for i := range changers {
		v.work.Go(func() { v.note(v.change(ctx, i)) })
	}
}

// changing changes rows, slowly read by the pipeline, until it is healed.
var changing = Fault{
	Name: "rows changed and invalidated",
	Inject: func(ctx context.Context, r *Round) error {
		r.versions.begin(r.running)
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
			if err := v.tell(context.WithoutCancel(ctx), user); err != nil {
				return err
			}
			v.changedTo(user, version)
			if pause(ctx, wait) != nil {
				return nil
			}
		}
	}
}

// overHTTP tells one process, which has forgotten the row when it answers.
func overHTTP(url string) func(context.Context, int64) error {
	return func(ctx context.Context, user int64) error {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		body := []byte(`{"stage":"user","keys":[` + strconv.FormatInt(user, 10) + `]}`)
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
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
}

// byTopic tells all processes.
func byTopic(kafka, topic string) func(context.Context, int64) error {
	return func(ctx context.Context, user int64) error {
		record := testenv.Event{Key: strconv.AppendInt(nil, user, 10), Value: []byte("{}")}
		_, err := testenv.Publish(ctx, testenv.PublishConfig{Kafka: kafka, Topic: topic}, slices.Values([]testenv.Event{record}))
		return err
	}
}

func (v *versions) changedTo(user, version int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.told = append(v.told, change{user: user, version: version, known: time.Now().Add(v.ack)})
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
