package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loaderline/loaderline/testenv"
)

const historyFile = `
name: %[1]s
kafka: {brokers: ["%[2]s"], session_timeout: 6s}
http: {listen: "127.0.0.1:0"}
workers: 2
input: {topics: [%[1]s], group: %[1]s}
sources:
  db: {sql: {driver: postgres, dsn: "${SHOP_DSN}", pool: 2}}
stages:
  tier:
    source: db
    by: event.user
    at: event.at
    history: append_only
    cache: {ttl: 1s}
    query: SELECT user_id AS _key, tier, valid_from AS _from, valid_to AS _to FROM tiers WHERE user_id = ANY($keys)
output: {topic: %[3]s}
dead_letter: {topic: %[4]s}
`

// The history of each user has versions that follow each other, with a gap after every seventh.
const historyTable = `
CREATE TABLE tiers (user_id bigint, tier text, valid_from timestamptz, valid_to timestamptz);
INSERT INTO tiers
SELECT u, u || '-' || v, t0 + v * interval '10 hours' + u * interval '1 second',
       CASE WHEN v = 49 THEN NULL WHEN v %% 7 = 6 THEN t0 + v * interval '10 hours' + u * interval '1 second' + interval '3 hours'
            ELSE t0 + (v + 1) * interval '10 hours' + u * interval '1 second' END
FROM generate_series(1, %d) u, generate_series(0, 49) v, (VALUES (timestamptz '2024-01-01 00:00:00+00')) t(t0);
CREATE INDEX ON tiers (user_id, valid_from);
ANALYZE tiers`

// Each of many events, in random order of time, has the version that a statement for that event alone gives it. Once all users are
// known, next to no calls are made although the ttl has long passed. Versions that are added for later times change nothing in a replay.
func TestVersionsOfEvents(t *testing.T) {
	t.Parallel()
	events := eventCount(t)
	users := max(events/200, 1)
	s := &scenario{
		t: t, kafka: testenv.Kafka(t), dsn: testenv.Postgres(t), file: filepath.Join(t.TempDir(), "pipeline.yaml"),
		input: testenv.Topic(t, "in", 4), output: testenv.Topic(t, "out", 4), dead: testenv.Topic(t, "dead", 4),
	}
	s.running, s.died = context.WithCancelCause(t.Context())
	if err := os.WriteFile(s.file, fmt.Appendf(nil, historyFile, s.input, s.kafka, s.output, s.dead), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := pgx.Connect(t.Context(), s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Exec(t.Context(), fmt.Sprintf(historyTable, users)); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	base := time.Date(2023, 12, 30, 0, 0, 0, 0, time.UTC)
	publish := func(first, n int) {
		t.Helper()
		all := make([]testenv.Event, n)
		for i := range all {
			at := base.Add(time.Duration(random.Int64N(int64(550 * time.Hour)))).Truncate(time.Second)
			all[i] = testenv.Event{Value: fmt.Appendf(nil, `{"id":%d,"user":%d,"at":%q}`, first+i, 1+(first+i)%users, at.Format(time.RFC3339))}
		}
		if _, err := testenv.Publish(t.Context(), testenv.PublishConfig{Kafka: s.kafka, Topic: s.input}, slices.Values(all)); err != nil {
			t.Fatal(err)
		}
	}
	p := s.run("")
	p.logged(`"started"`)
	half := events / 2
	publish(0, half)
	s.awaitRecords(s.output, half)
	before := p.calls()
	publish(half, events-half)
	s.awaitRecords(s.output, events)
	calls := p.calls() - before
	t.Logf("%.0f calls for %d events once all %d users were known", calls, events-half, users)
	if calls > 0.6*float64(events-half)/1000 {
		t.Errorf("%.0f calls for %d events", calls, events-half)
	}
	p.terminate()
	s.versionsAreRight(db, events)

	if _, err := db.Exec(t.Context(), `
		UPDATE tiers SET valid_to = now() WHERE valid_to IS NULL;
		INSERT INTO tiers SELECT u, 'later', now() + v * interval '1 hour', now() + (v + 1) * interval '1 hour' FROM generate_series(1, $1::int) u, generate_series(0, 9) v`,
		pgx.QueryExecModeSimpleProtocol, min(users, 1000)); err != nil {
		t.Fatal(err)
	}
	if out, words, code := s.command("replay", s.file, "--from", "earliest", "--diff"); code != 0 || out != "" {
		t.Errorf("exit %d, %.500s %s", code, out, words)
	}
}

// calls are the calls of the source so far.
func (p *process) calls() float64 {
	p.t.Helper()
	var listening struct{ Address string }
	if err := json.Unmarshal(p.log.line(`"http listening"`), &listening); err != nil {
		p.t.Fatal(err)
	}
	text, err := scrape(p.t.Context(), "http://"+listening.Address+"/metrics")
	if err != nil {
		p.t.Fatal(err)
	}
	total := 0.0
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) == 2 && strings.HasPrefix(line, "loaderline_source_calls_total{") {
			n, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				p.t.Fatal(err)
			}
			total += n
		}
	}
	return total
}

// versionsAreRight compares each event's version with that of a statement for the event alone.
func (s *scenario) versionsAreRight(db *pgx.Conn, events int) {
	s.t.Helper()
	records, err := testenv.ReadAll(s.t.Context(), s.kafka, s.output)
	if err != nil {
		s.t.Fatal(err)
	}
	seen := map[int]bool{}
	var batch pgx.Batch
	var got []string
	compare := func() {
		results := db.SendBatch(s.t.Context(), &batch)
		for i := range got {
			var want string
			if err := results.QueryRow().Scan(&want); err != nil {
				s.t.Fatal(err)
			}
			if got[i] != want {
				s.t.Fatalf("%v has %q, want %q", batch.QueuedQueries[i].Arguments, got[i], want)
			}
		}
		if err := results.Close(); err != nil {
			s.t.Fatal(err)
		}
		batch, got = pgx.Batch{}, nil
	}
	none := 0
	for _, r := range records {
		var record struct {
			Event struct {
				ID, User int
				At       time.Time
			}
			Tier *struct{ Tier string }
		}
		if err := json.Unmarshal(r.Value, &record); err != nil {
			s.t.Fatal(err)
		}
		seen[record.Event.ID] = true
		tier := ""
		if record.Tier != nil {
			tier = record.Tier.Tier
		} else {
			none++
		}
		got = append(got, tier)
		batch.Queue(`SELECT coalesce((SELECT tier FROM tiers WHERE user_id = $1 AND valid_from <= $2 AND (valid_to > $2 OR valid_to IS NULL)), '')`, record.Event.User, record.Event.At)
		if len(got) == 5000 {
			compare()
		}
	}
	compare()
	if len(seen) != events || none == 0 || none > events/2 {
		s.t.Errorf("%d of %d events are there, %d without a version", len(seen), events, none)
	}
}
