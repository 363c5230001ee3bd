package pipeline_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/cachetier/tiertest"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/pipeline"
)

// historyShop adds tables with versions to the shop, and returns its path.
func historyShop(t *testing.T, statements string) string {
	t.Helper()
	path := shopFile(t)
	change(t, path, `
CREATE TABLE tiers (user_id INTEGER, tier TEXT, plan_id TEXT, valid_from TEXT, valid_to TEXT);
INSERT INTO tiers VALUES
  (1, 'silver', 'none', '2024-01-01T00:00:00Z', '2024-02-01T00:00:00Z'),
  (1, 'gold', 'pro', '2024-02-01T00:00:00Z', NULL),
  (2, 'bronze', NULL, '2024-01-15T00:00:00+02:00', '2024-03-01T00:00:00Z'),
  (7, 'a', NULL, '2024-01-01T00:00:00Z', '2024-03-01T00:00:00Z'), (7, 'b', NULL, '2024-02-01T00:00:00Z', NULL),
  (8, 'a', NULL, '2024-02-01T00:00:00Z', '2024-01-01T00:00:00Z'),
  (9, 'a', NULL, '2024-02-01T00:00:00', NULL);
`+statements)
	return path
}

const tiers = `"SELECT user_id AS _key, tier, plan_id, valid_from AS _from, valid_to AS _to FROM tiers WHERE user_id IN ($keys)"`

func openHistory(t *testing.T, path, stages string) *pipeline.Pipeline {
	t.Helper()
	l, err := layout("nest", path, stages)
	if err != nil {
		t.Fatal(err)
	}
	return openLayout(t, l)
}

func TestTheVersionOfTheEvent(t *testing.T) {
	t.Parallel()
	p := openHistory(t, historyShop(t, ""), `
  tier: {source: shop, by: event.user, at: event.at, query: `+tiers+`}
  plan: {source: shop, by: tier.plan_id, query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id}
  tiers: {source: shop, by: event.user, at: event.at, many: true, query: `+tiers+`}
`)
	for event, want := range map[string]string{
		`{"user":1,"at":"2024-01-01T00:00:00Z"}`:           `"tier":{"tier":"silver","plan_id":"none"},"plan":null,"tiers":[{"tier":"silver","plan_id":"none"}]`,
		`{"user":1,"at":"2024-01-31T23:59:59.999999999Z"}`: `"tier":{"tier":"silver","plan_id":"none"},"plan":null,"tiers":[{"tier":"silver","plan_id":"none"}]`,
		`{"user":1,"at":"2024-02-01T00:00:00Z"}`:           `"tier":{"tier":"gold","plan_id":"pro"},"plan":{"id":"pro","price":900},"tiers":[{"tier":"gold","plan_id":"pro"}]`,
		`{"user":1,"at":"2024-02-01T02:00:00+03:00"}`:      `"tier":{"tier":"silver","plan_id":"none"},"plan":null,"tiers":[{"tier":"silver","plan_id":"none"}]`,
		`{"user":1,"at":"2023-12-31T23:59:59Z"}`:           `"tier":null,"plan":null,"tiers":[]`,
		`{"user":2,"at":"2024-03-01T00:00:00Z"}`:           `"tier":null,"plan":null,"tiers":[]`,
		`{"user":2,"at":"2024-01-14 22:00:00Z"}`:           `"tier":{"tier":"bronze","plan_id":null},"plan":null,"tiers":[{"tier":"bronze","plan_id":null}]`,
		`{"user":3,"at":"2024-03-01T00:00:00Z"}`:           `"tier":null,"plan":null,"tiers":[]`,
		`{"user":null,"at":"nonsense"}`:                    `"tier":null,"plan":null,"tiers":[]`,
		`{"user":1,"at":"nonsense"}`:                       `key in stage tier: at: event.at: "nonsense" is no time in RFC 3339, as 2006-01-02T15:04:05Z`,
		`{"user":1,"at":"2024-02-01T00:00:00"}`:            `key in stage tier: at: event.at: "2024-02-01T00:00:00" has no time zone; write it in RFC 3339, as 2006-01-02T15:04:05Z`,
		`{"user":1,"at":1700000000}`:                       `key in stage tier: at: event.at: 1700000000 is no time; write a text in RFC 3339, as 2006-01-02T15:04:05Z`,
		`{"user":1}`:                                       `key in stage tier: at: event.at: the event has no time; leave it out by when, or write a time`,
		`{"user":1,"at":null}`:                             `key in stage tier: at: event.at: the event has no time; leave it out by when, or write a time`,
		`{"user":8,"at":"2024-02-01T00:00:00Z"}`:           `lookup in stage tier: row 1: _from 2024-02-01T00:00:00Z is after _to 2024-01-01T00:00:00Z`,
		`{"user":9,"at":"2024-02-01T00:00:00Z"}`:           `lookup in stage tier: row 1: _from: "2024-02-01T00:00:00" has no time zone; write it in RFC 3339, as 2006-01-02T15:04:05Z`,
		`{"user":7,"at":"2024-02-01T00:00:00Z"}`:           `lookup in stage tier: the versions from 2024-01-01T00:00:00Z to 2024-03-01T00:00:00Z and from 2024-02-01T00:00:00Z to ... overlap`,
	} {
		got := enrich(t, p, event)[0]
		if strings.HasPrefix(want, `"`) {
			want = `{"event":` + event + `,` + want + `}`
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", event, diff)
		}
	}
}

// All versions that are valid at a time, for each element of a list, and the time of the Kafka record.
func TestManyVersions(t *testing.T) {
	t.Parallel()
	p := openHistory(t, historyShop(t, ""), `
  tiers: {source: shop, by: "event.users[]", at: record.timestamp, many: true, query: `+tiers+`, into: tiers}
  plans: {source: shop, by: "tiers[][].plan_id", query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id}
`)
	for at, want := range map[string]string{
		"2024-01-20T00:00:00Z": `"tiers":[[{"tier":"silver","plan_id":"none"}],[{"tier":"a","plan_id":null}],[]],"plans":[null,null]`,
		"2024-02-20T00:00:00Z": `"tiers":[[{"tier":"gold","plan_id":"pro"}],[{"tier":"a","plan_id":null},{"tier":"b","plan_id":null}],[]],"plans":[{"id":"pro","price":900},null,null]`,
		"2024-03-20T00:00:00Z": `"tiers":[[{"tier":"gold","plan_id":"pro"}],[{"tier":"b","plan_id":null}],[]],"plans":[{"id":"pro","price":900},null]`,
		"2023-03-20T00:00:00Z": `"tiers":[[],[],[]],"plans":[]`,
	} {
		timestamp, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		got := enrichRecords(t, p, loaderline.Record{Value: []byte(`{"users":[1,7,5]}`), Timestamp: timestamp})[0]
		if diff := cmp.Diff(`{"event":{"users":[1,7,5]},`+want+`}`, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", at, diff)
		}
	}
}

// Without _to a version ends where the next begins.
func TestVersionsWithoutAnEnd(t *testing.T) {
	t.Parallel()
	path := historyShop(t, "INSERT INTO tiers VALUES (5, 'x', NULL, '2024-01-01T00:00:00Z', NULL), (5, 'y', NULL, '2024-01-01T00:00:00Z', NULL)")
	p := openHistory(t, path, `
  tier: {source: shop, by: event.user, at: date(event.at), query: "SELECT user_id AS _key, tier, valid_from AS _from FROM tiers WHERE user_id IN ($keys)"}
`)
	for event, want := range map[string]string{
		`{"user":1,"at":"2024-01-15T00:00:00Z"}`: `{"event":{"user":1,"at":"2024-01-15T00:00:00Z"},"tier":{"tier":"silver"}}`,
		`{"user":1,"at":"2024-02-15T00:00:00Z"}`: `{"event":{"user":1,"at":"2024-02-15T00:00:00Z"},"tier":{"tier":"gold"}}`,
		`{"user":5,"at":"2024-02-15T00:00:00Z"}`: `lookup in stage tier: two versions begin at 2024-01-01T00:00:00Z, and none says when it ends`,
	} {
		if diff := cmp.Diff(want, enrich(t, p, event)[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", event, diff)
		}
	}
}

func TestWhatVersionsCannotBe(t *testing.T) {
	t.Parallel()
	path := historyShop(t, "")
	for name, tc := range map[string]struct{ stage, says string }{
		"no columns":         {`{source: shop, by: event.user, at: event.at, query: "SELECT user_id, tier FROM tiers WHERE user_id IN ($keys)", key: user_id}`, "nothing says when a row was valid; select the columns AS _from"},
		"no columns by star": {`{source: shop, by: event.user, at: event.at, query: "SELECT * FROM tiers WHERE user_id IN ($keys)", key: user_id}`, "no column says when a row was valid; select the columns AS _from"},
		"a list":             {`{source: shop, by: event.user, at: "event.times[]", query: ` + tiers + `}`, "the time is one for the event"},
		"a stage":            {`{source: shop, by: event.user, at: tier.at, query: ` + tiers + `}`, "begins with neither event nor record"},
		"the event":          {`{source: shop, by: event.user, at: event, query: ` + tiers + `}`, "event is no time"},
		"a field of records": {`{source: shop, by: event.user, at: record.time, query: ` + tiers + `}`, "a record has no time"},
		"a constant":         {`{source: shop, by: event.user, at: "lower('x')", query: ` + tiers + `}`, "the time is the same for every event"},
		"a number":           {`{source: shop, by: event.user, at: "len(event.at)", query: ` + tiers + `}`, "a time is needed"},
		"history alone":      {`{source: shop, by: event.user, history: append_only, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}`, "the stage has no at"},
		"two forms":          {`{source: shop, by: event.user, at: event.at, query: "SELECT user_id AS _key, valid_from AS _from, valid_to AS _valid FROM tiers WHERE user_id IN ($keys)"}`, "both _valid and _from"},
		"a number as time":   {`{source: shop, by: event.user, at: event.at, query: "SELECT id AS _key, name, id AS _from FROM users WHERE id IN ($keys)"}`, "_from has the type integer, which is no time with a time zone; if it is in UTC, select strftime("},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := layout("nest", path, "  tier: "+tc.stage)
			if err == nil {
				_, err = pipeline.Open(t.Context(), l, pipeline.Options{})
			}
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want %q", err, tc.says)
			}
		})
	}
}

// The output's schema and the places of results do not know the columns that say when a row is valid.
func TestColumnsOfVersions(t *testing.T) {
	t.Parallel()
	p := openHistory(t, historyShop(t, ""), `
  tier: {source: shop, by: event.user, at: event.at, query: `+tiers+`}
  price: {source: shop, by: tier.plan_id, query: "SELECT id, price FROM plans WHERE id IN ($keys)", key: id, into: tier._from}
`)
	got := enrich(t, p, `{"user":1,"at":"2024-02-01T00:00:00Z"}`)[0]
	if want := `"tier":{"tier":"gold","plan_id":"pro","_from":{"id":"pro","price":900}}}`; !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Every event has the version that a statement for that event alone gives it, while the cache works and versions are added.
func TestVersionsAreThoseOfTheDatabase(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	path := historyShop(t, "DELETE FROM tiers")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	base := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func() time.Time { return base.Add(time.Duration(random.IntN(1000)) * time.Hour) }
	text := func(t time.Time) string { return t.Format("2006-01-02T15:04:05Z") }
	for user := range 20 {
		var from, to string
		for n, hour := 0, random.IntN(100); n < 30 && hour < 1000; n, hour = n+1, hour+random.IntN(60) {
			from, to = text(base.Add(time.Duration(hour)*time.Hour)), text(base.Add(time.Duration(hour+random.IntN(60))*time.Hour))
			if _, err := db.ExecContext(t.Context(), "UPDATE tiers SET valid_to = ? WHERE user_id = ? AND valid_to > ?", from, user, from); err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(t.Context(), "INSERT INTO tiers VALUES (?, ?, NULL, ?, ?)", user, fmt.Sprint(user, "-", n), from, to); err != nil {
				t.Fatal(err)
			}
		}
	}
	p := openHistory(t, path, "\n  tier: {source: shop, by: event.user, at: event.at, history: append_only, cache: {ttl: 1h}, query: "+tiers+"}\n")
	for range 20 {
		var events []string
		for range 100 {
			events = append(events, fmt.Sprintf(`{"user":%d,"at":%q}`, random.IntN(22), text(at())))
		}
		for i, got := range enrich(t, p, events...) {
			var event struct {
				User int
				At   string
			}
			var row struct{ Tier *struct{ Tier string } }
			if err := json.Unmarshal([]byte(events[i]), &event); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(got), &row); err != nil {
				t.Fatalf("%s: %s", events[i], got)
			}
			var want string
			err := db.QueryRowContext(t.Context(), "SELECT coalesce(max(tier), '') FROM tiers WHERE user_id = ? AND valid_from <= ? AND valid_to > ?", event.User, event.At, event.At).Scan(&want)
			if err != nil {
				t.Fatal(err)
			}
			tier := ""
			if row.Tier != nil {
				tier = row.Tier.Tier
			}
			if tier != want {
				t.Fatalf("%s has %q, want %q", events[i], tier, want)
			}
		}
	}
}

// A tier keeps all versions of a key as one entry, and Found says which version an event has.
func TestVersionsInTiers(t *testing.T) {
	t.Parallel()
	path := historyShop(t, "")
	l, err := layout("nest", path, "  tier: {source: shop, by: event.user, at: event.at, cache: {ttl: 1h}, query: "+tiers+"}\n")
	if err != nil {
		t.Fatal(err)
	}
	var store tiertest.Store
	february := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
	for run, from := range [][]string{nil, {"fake"}} {
		if run == 1 {
			change(t, path, "DELETE FROM tiers")
		}
		p := openOptions(t, l, pipeline.Options{Tiers: []cachetier.Tier{tiertest.NewFake(&store)}})
		d, err := p.Config.Decode(loaderline.Record{Value: []byte(`{"user":1,"at":"2024-03-01T00:00:00Z"}`)})
		if err != nil {
			t.Fatal(err)
		}
		rows := p.Config.Plan.Run(t.Context(), []jsonenrich.Document{d})
		if got := published(p.Config.Encode(rows.At(0))); !strings.Contains(got, `"gold"`) {
			t.Errorf("run %d: %s", run, got)
		}
		found := p.Found(rows.At(0))
		want := []pipeline.Found{{Rows: 1, Tiers: from, Versions: []pipeline.Bounds{{From: &february}}}}
		if diff := cmp.Diff(want, found, cmpopts.IgnoreFields(pipeline.Found{}, "Age")); diff != "" {
			t.Errorf("run %d (-want +got):\n%s", run, diff)
		}
	}
}
