package e2e_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loaderline/loaderline/testenv"
)

// changing is a pipeline whose database changes, and is told of it by a topic, as Debezium tells it. Its cache keeps
// everything for an hour: what is new is seen by invalidation or not at all.
type changing struct {
	*scenario

	changes string
	db      *pgx.Conn
	users   int
	phase   int
}

const changingFile = `
name: %[1]s
kafka: {brokers: ["%[2]s"], session_timeout: 6s}
http: {listen: "127.0.0.1:0"}
workers: 2
input: {topics: [%[1]s], group: %[1]s}
sources:
  shop: {sql: {driver: postgres, dsn: "${SHOP_DSN}", pool: 4}}
stages:
  user:
    source: shop
    by: event.user_id
    query: SELECT id, name, email, tier FROM users WHERE id = ANY($keys)
    key: id
  purchases:
    source: shop
    by: event.user_id
    query: >
      SELECT user_id AS _key, id, product_id, amount_cents, purchased_at
      FROM purchases WHERE user_id = ANY($keys) ORDER BY id
    many: true
  reviews:
    source: shop
    by: purchases[].product_id
    query: SELECT id, product_id, rating, body FROM reviews WHERE product_id = ANY($keys) ORDER BY id
    key: product_id
    many: true
    into: purchases[].reviews
cache:
  ttl: 1h
  invalidate:
    changes:
      - {topic: %[5]s, table: users, key: id, stages: [user], old_key: primary_key}
      - {topic: %[5]s, table: purchases, key: user_id, stages: [purchases]}
      - {topic: %[5]s, table: reviews, key: product_id, stages: [reviews]}
output: {topic: %[3]s}
dead_letter: {topic: %[4]s}
`

func newChanging(t *testing.T) *changing {
	t.Helper()
	s := &scenario{
		t: t, kafka: testenv.Kafka(t), dsn: testenv.Postgres(t), file: filepath.Join(t.TempDir(), "pipeline.yaml"),
		input: testenv.Topic(t, "in", 4), output: testenv.Topic(t, "out", 4), dead: testenv.Topic(t, "dead", 1),
	}
	s.running, s.died = context.WithCancelCause(t.Context())
	c := &changing{scenario: s, changes: testenv.Topic(t, "shop-changes", 3), users: 300}
	if err := testenv.SeedShop(t.Context(), s.dsn, testenv.ShopConfig{Users: c.users, Products: 40}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.file, fmt.Appendf(nil, changingFile, s.input, s.kafka, s.output, s.dead, c.changes), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if c.db, err = pgx.Connect(t.Context(), s.dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.db.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return c
}

// change changes rows, and tells of it by records: key and value in turn.
func (c *changing) change(statement string, records ...string) {
	c.t.Helper()
	if _, err := c.db.Exec(c.t.Context(), statement); err != nil {
		c.t.Fatal(err)
	}
	var events []testenv.Event
	for i := 0; i < len(records); i += 2 {
		events = append(events, testenv.Event{Key: []byte(records[i]), Value: []byte(records[i+1])})
	}
	if _, err := testenv.Publish(c.t.Context(), testenv.PublishConfig{Kafka: c.kafka, Topic: c.changes}, slices.Values(events)); err != nil {
		c.t.Fatal(err)
	}
}

// load publishes events about the same users until the test ends.
func (c *changing) load() {
	ctx, cancel := context.WithCancel(c.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		events := testenv.Events(testenv.EventsConfig{Count: 1_000_000, Users: c.users})
		_, err := testenv.Publish(ctx, testenv.PublishConfig{Kafka: c.kafka, Topic: c.input, Rate: 400}, events)
		if err != nil && ctx.Err() == nil {
			c.t.Error(err)
		}
	}()
	c.t.Cleanup(func() {
		cancel()
		<-ended
	})
}

// everyUser publishes an event about each user, and wants that they all come out as the database has it now.
func (c *changing) everyUser(what string) {
	c.t.Helper()
	c.phase++
	first := c.phase * 1_000_000
	var events iter.Seq[testenv.Event] = func(yield func(testenv.Event) bool) {
		for user := range c.users {
			if !yield(testenv.NewEvent(first+user, int64(user))) {
				return
			}
		}
	}
	oracle, err := testenv.LoadShopOracle(c.t.Context(), c.dsn)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := testenv.Publish(c.t.Context(), testenv.PublishConfig{Kafka: c.kafka, Topic: c.input}, events); err != nil {
		c.t.Fatal(err)
	}
	ledger := testenv.NewLedger(testenv.LedgerConfig{Oracle: oracle})
	of := regexp.MustCompile(fmt.Sprintf(`"event_id":"e-%d\d{6}"`, c.phase))
	c.records(c.input, of, ledger.Input)
	c.records(c.output, of, ledger.Enriched)
	if report := ledger.Report(); !report.OK() {
		c.t.Fatalf("%s: %s", what, strings.TrimSpace(report.String()))
	}
}

// records hands on the records of a topic that match, as soon as there is one for each user.
func (c *changing) records(topic string, of *regexp.Regexp, take func(testenv.Record)) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.running, time.Minute)
	defer cancel()
	for {
		all, err := testenv.ReadAll(ctx, c.kafka, topic)
		if err != nil {
			c.t.Fatal(err)
		}
		matching := slices.DeleteFunc(all, func(r testenv.Record) bool { return !of.Match(r.Value) })
		if len(matching) < c.users {
			continue // ReadAll waits for the broker.
		}
		for _, r := range matching {
			take(r)
		}
		return
	}
}

// metric waits until the process has a metric's line.
func (c *changing) metric(p *process, line string) {
	c.t.Helper()
	p.logged(`"msg":"http listening"`)
	address := regexp.MustCompile(`"http listening","address":"([^"]+)"`).FindStringSubmatch(p.log.all())[1]
	ctx, cancel := context.WithTimeout(c.running, time.Minute)
	defer cancel()
	for {
		text, err := scrape(ctx, "http://"+address+"/metrics")
		if err != nil {
			c.t.Fatalf("%s: %v", line, err)
		}
		if strings.Contains(text, line) {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			c.t.Fatalf("there never was %s:\n%s", line, text)
		}
	}
}

func scrape(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close() //nolint:errcheck // It was read.
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// applied waits until the process has applied so many change records, and could not understand others.
func (c *changing) applied(p *process, applied, unclear int) {
	c.t.Helper()
	c.metric(p, fmt.Sprintf(`loaderline_change_records_total{pipeline=%q,result="applied",topic=%q} %d`, c.input, c.changes, applied))
	c.metric(p, fmt.Sprintf(`loaderline_change_records_total{pipeline=%q,result="unclear",topic=%q} %d`, c.input, c.changes, unclear))
}
