package e2e_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// full is the number of events from which on they are all published before the pipeline starts, at full speed, as in the benchmark.
const full = 200_000

func eventCount(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("LOADERLINE_EVENTS"))
	if err != nil {
		return 40_000
	}
	return n
}

// scenario is one pipeline with its own topics and database.
type scenario struct {
	t       *testing.T
	events  int
	kafka   string
	dsn     string
	input   string
	output  string
	dead    string
	file    string
	checker *testenv.Checker
	sent    chan error
	release chan struct{} // closed to publish the second half
	// running ends when a process ends that was not told to.
	running context.Context
	died    context.CancelCauseFunc
}

type options struct {
	delivery string
	dsn      string         // of a database that is seeded already
	extra    string         // lines for the end of the file, in which INPUT is the input topic
	values   map[int]string // events with other values
	hold     bool           // the second half of the events
	users    int            // of the shop
	workers  int            // 2 unless set
	cache    string         // of each stage
	rate     float64        // of publishing, in events a second; about four seconds for all unless set
	source   string         // keys of the source, as errors: {...}
	// allowDead says which dead letters are right though the oracle, which is less strict about JSON, could enrich the event.
	allowDead func(testenv.DeadLetter) bool

	inputConfig, outputConfig []string // of the topics; the dead letters' is as the output's
}

// newScenario seeds a shop, writes a pipeline file and starts to publish and to check.
func newScenario(t *testing.T, o options) *scenario {
	t.Helper()
	s := &scenario{t: t, events: eventCount(t), kafka: testenv.Kafka(t), dsn: o.dsn, sent: make(chan error, 1)}
	s.running, s.died = context.WithCancelCause(t.Context())
	s.input, s.output, s.dead = testenv.Topic(t, "in", 4, o.inputConfig...), testenv.Topic(t, "out", 4, o.outputConfig...), testenv.Topic(t, "dead", 4, o.outputConfig...)
	shop := testenv.ShopConfig{Users: 10_000, Products: 1000}
	if s.events >= full {
		shop = testenv.ShopConfig{}
	}
	if o.users > 0 {
		shop.Users = o.users
	}
	if s.dsn == "" {
		s.dsn = testenv.Postgres(t)
	}
	if err := testenv.SeedShop(t.Context(), s.dsn, shop); err != nil {
		t.Fatal(err)
	}
	oracle, err := testenv.LoadShopOracle(t.Context(), s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	s.writeFile(o)
	s.checker, err = testenv.NewChecker(t.Context(), testenv.CheckerConfig{
		Kafka: s.kafka, Input: s.input, Output: s.output, DeadLetters: s.dead,
		LedgerConfig: testenv.LedgerConfig{Oracle: oracle, AtLeastOnce: o.delivery == "at_least_once", AllowDeadLetter: o.allowDead},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.checker.Close(); err != nil {
			t.Error(err)
		}
	})
	s.publish(shop.Users, o)
	return s
}

// publish sends the events: all of them before it returns where they are many, else over about four seconds. Where
// they are held, the second half waits for release.
func (s *scenario) publish(users int, o options) {
	config := testenv.PublishConfig{Kafka: s.kafka, Topic: s.input, Rate: cmp.Or(o.rate, float64(s.events)/4)}
	atOnce := s.events >= full && !o.hold && o.rate == 0
	if atOnce {
		config.Rate = 0
	}
	s.release = make(chan struct{})
	if !o.hold {
		close(s.release)
	}
	half := s.events / 2
	go func() {
		_, err := testenv.Publish(s.t.Context(), config, chosen(testenv.EventsConfig{Count: half, Users: users}, o.values))
		select {
		case <-s.release:
		case <-s.t.Context().Done():
		}
		if err == nil {
			_, err = testenv.Publish(s.t.Context(), config, chosen(testenv.EventsConfig{First: half, Count: s.events - half, Users: users, Seed: 2}, o.values))
		}
		s.sent <- err
	}()
	if atOnce {
		s.published()
	}
}

// chosen yields events, some of them with other values.
func chosen(config testenv.EventsConfig, values map[int]string) iter.Seq[testenv.Event] {
	return func(yield func(testenv.Event) bool) {
		for e := range testenv.Events(config) {
			if v, ok := values[e.ID]; ok {
				e.Value = []byte(v)
			}
			if !yield(e) {
				return
			}
		}
	}
}

// published waits until all events are sent.
func (s *scenario) published() {
	s.t.Helper()
	if err := <-s.sent; err != nil {
		s.t.Fatal(err)
	}
	s.sent <- nil
}

func (s *scenario) writeFile(o options) {
	s.t.Helper()
	if o.cache == "" {
		o.cache = "{ttl: 10m}"
	}
	delivery := o.delivery
	if delivery == "" {
		delivery = "exactly_once"
	}
	text := fmt.Sprintf(`
name: %[1]s
kafka: {brokers: ["%[2]s"], session_timeout: 6s}
http: {listen: ""}
workers: %[9]d
input: {topics: [%[3]s], group: %[1]s}
sources:
  shop: {sql: {driver: postgres, dsn: "${SHOP_DSN}", pool: 4}%[10]s}
stages:
  user:
    source: shop
    by: event.user_id
    query: SELECT id, name, email, tier FROM users WHERE id = ANY($keys)
    key: id
    on_missing: dead_letter
    cache: %[8]s
  purchases:
    source: shop
    by: event.user_id
    query: >
      SELECT user_id AS _key, id, product_id, amount_cents, purchased_at
      FROM purchases WHERE user_id = ANY($keys) ORDER BY id
    many: true
    cache: %[8]s
  reviews:
    source: shop
    by: purchases[].product_id
    query: SELECT id, product_id, rating, body FROM reviews WHERE product_id = ANY($keys) ORDER BY id
    key: product_id
    many: true
    into: purchases[].reviews
    cache: %[8]s
output: {topic: %[4]s, delivery: %[6]s}
dead_letter: {topic: %[5]s}
%[7]s
`, s.input+"-group", s.kafka, s.input, s.output, s.dead, delivery, strings.ReplaceAll(o.extra, "INPUT", s.input), o.cache, cmp.Or(o.workers, 2), o.source)
	s.file = filepath.Join(s.t.TempDir(), "pipeline.yaml")
	if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// waitFor waits until a share of the events has a visible outcome.
func (s *scenario) waitFor(percent int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.running, 3*time.Minute)
	defer cancel()
	if err := s.checker.WaitFor(ctx, s.events*percent/100); err != nil {
		s.t.Fatal(err)
	}
}

// verdict waits for the last outcome and judges all.
func (s *scenario) verdict() testenv.Report {
	s.t.Helper()
	s.published()
	s.waitFor(100)
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	report, err := s.checker.Check(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Log(strings.TrimSpace(report.String()))
	if !report.OK() {
		s.t.Error("the outcomes are not right")
	}
	return report
}
