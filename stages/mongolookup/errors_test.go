package mongolookup_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/mongolookup"
	"github.com/loaderline/loaderline/testenv"
)

func TestConfigs(t *testing.T) {
	t.Parallel()
	const uri = "mongodb://u:canary@host:27017/?authSource=admin"
	for _, tc := range []struct {
		cfg  mongolookup.Config
		want string
	}{
		{mongolookup.Config{Database: "app"}, "there is no uri"},
		{mongolookup.Config{URI: uri}, "there is no database"},
		{mongolookup.Config{}, "there is no uri"}, // Both are said.
		{mongolookup.Config{URI: "redis://u:canary@host", Database: "app"}, "begins with neither mongodb:// nor mongodb+srv://"},
		{mongolookup.Config{URI: "mongodb://u:can@ary@host/", Database: "app"}, "the uri cannot be read"},
		{mongolookup.Config{URI: "mongodb://u:can/ary@host/", Database: "app"}, "the uri cannot be read"},
		{mongolookup.Config{URI: "mongodb+srv://u:can@ary@host/", Database: "app"}, "the uri cannot be read"},
		{mongolookup.Config{URI: "mongodb+srv://", Database: "app"}, "the uri cannot be read"},
		{mongolookup.Config{URI: "mongodb://u:canary@host:x/", Database: "app"}, "the uri cannot be read"},
		{mongolookup.Config{URI: uri + "&readPreference=canary", Database: "app"}, "the uri cannot be read"},
		{mongolookup.Config{URI: uri + "&tls=true&tlsCAFile=/nowhere/ca.pem", Database: "app"}, "the uri names a file that cannot be read: no such file"},
	} {
		_, err := mongolookup.Open(t.Context(), tc.cfg)
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "ary") {
			t.Errorf("Open(%v): %v, want %s", tc.cfg, err, tc.want)
		}
	}
	cfg := mongolookup.Config{URI: uri, Database: "app", TLS: &tls.Config{MinVersion: tls.VersionTLS12}}
	text, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if all := fmt.Sprintf("%v %+v %#v %v %s", cfg, cfg, cfg, &cfg, text); strings.Contains(all, "canary") {
		t.Errorf("a password is printed: %s", all)
	}
	for uri, want := range map[lookup.Secret]string{
		uri: "mongodb at host:27017, database app", "mongodb://a:1,b:2/x?y=z": "mongodb at a:1,b:2, database app",
		"mongodb+srv://u:canary@cluster.example/?retryReads=false": "mongodb at cluster.example, database app", "mongodb://u:can/ary@host": "mongodb at ?, database app",
	} {
		if got := fmt.Sprint(mongolookup.Config{URI: uri, Database: "app"}); got != want {
			t.Errorf("the config is %s, want %s", got, want)
		}
	}
}

func TestWhatServersSay(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		code  int32
		name  string
		class stages.Class
	}{
		{18, "AuthenticationFailed", stages.Fatal},
		{8000, "AtlasError", stages.Fatal},
		{13, "Unauthorized", stages.Fatal},
		{59, "CommandNotFound", stages.Fatal},
		{73, "InvalidNamespace", stages.Fatal},
		{2, "BadValue", stages.Fatal},
		{9, "FailedToParse", stages.Fatal},
		{31254, "Location31254", stages.Fatal},
		{16020, "Location16020", stages.Unusable},
		{292, "QueryExceededMemoryLimitNoDiskUseAllowed", stages.Permanent},
		{10334, "BSONObjectTooLarge", stages.Permanent},
		{50, "MaxTimeMSExpired", stages.Transient},
		{11600, "InterruptedAtShutdown", stages.Transient},
		{133, "FailedToSatisfyReadPreference", stages.Transient},
		{99999, "", stages.Transient},
	} {
		s := newScripted(t, func(bson.Raw) bson.D { return refused(tc.code, tc.name, "canary: {name: 'canarykey'} at 127.0.0.1") })
		client := open(t, mongolookup.Config{URI: s.uri, Database: "app", Timeout: 20 * time.Second})
		code := tc.name
		if code == "" {
			code = "99999"
		}
		_ = fails(t, prepare(t, client, byName("rows")), tc.class, code)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	client, db := shared(t)
	insert(t, db, "rows", bson.D{{Key: "name", Value: "ada"}})
	for _, tc := range []struct {
		q           mongolookup.Query
		class       stages.Class
		code, words string // none: it is well
	}{
		{byName("rows"), 0, "", ""},
		{mongolookup.Query{Collection: "rows", Find: `{"$or": "$keys"}`, Key: []string{"a", "b"}}, 0, "", ""},
		{byName("nowhere"), stages.Unusable, "NamespaceNotFound", "has no collection nowhere"},
		{mongolookup.Query{Collection: "rows", Find: `{"n": {"$canary": 1}, "name": {"$in": "$keys"}}`}, stages.Fatal, "BadValue", "MongoDB does not accept find, project or sort: unknown operator: $canary"},
		{mongolookup.Query{Collection: "a$b", Find: `{"name": {"$in": "$keys"}}`}, stages.Fatal, "InvalidNamespace", "no collection can have this name"},
	} {
		err := prepare(t, client, tc.q).(lookupext.Prober).Probe(t.Context())
		if tc.words == "" {
			if err != nil {
				t.Errorf("%+v: %v, want no error", tc.q, err)
			}
			continue
		}
		said, ok := errors.AsType[lookup.Error](err)
		if !ok || stages.ClassOf(err) != tc.class || said.Code() != tc.code || !strings.Contains(err.Error(), tc.words) {
			t.Errorf("%+v: %v (class %d), want class %d: %s", tc.q, err, stages.ClassOf(err), tc.class, tc.words)
		}
	}
	away := open(t, mongolookup.Config{URI: "mongodb://127.0.0.1:1/", Database: "app", Timeout: time.Second})
	if err := prepare(t, away, byName("rows")).(lookupext.Prober).Probe(t.Context()); err != nil {
		t.Errorf("a server that is away tells something about the query: %v", err)
	}
}

func TestErrorsOfConnecting(t *testing.T) {
	t.Parallel()
	free, err := testenv.FreeAddresses(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	running, _ := testenv.MongoDB(t)
	for _, tc := range []struct {
		name string
		cfg  mongolookup.Config
		want string
	}{
		{"refused", mongolookup.Config{URI: lookup.Secret("mongodb://canary:canary@" + free[0] + "/")}, "cannot connect to MongoDB: connection refused"},
		{"not TLS", mongolookup.Config{URI: lookup.Secret(running), TLS: &tls.Config{MinVersion: tls.VersionTLS12, ServerName: "localhost"}}, "MongoDB"},
		{"silent", mongolookup.Config{URI: silent(t)}, "MongoDB"},
		{"no such name", mongolookup.Config{URI: "mongodb+srv://canary:canary@nowhere.invalid/"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.cfg.Database, tc.cfg.Timeout = "app", 12*time.Second
			client := open(t, tc.cfg)
			if e := fails(t, prepare(t, client, byName("rows")), stages.Transient, ""); !strings.Contains(e.Error(), tc.want) {
				t.Errorf("%v, want %q", e, tc.want)
			}
			if err := client.Ping(t.Context()); err == nil || strings.Contains(err.Error(), "canary") {
				t.Errorf("Ping: %v, want an error without the password", err)
			}
		})
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	client, err := mongolookup.Open(t.Context(), mongolookup.Config{URI: silent(t), Database: "app", Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	l := prepare(t, client, byName("rows"))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := l.Load(ctx, stages.NewBatch[lookup.Key, []byte]([]lookup.Key{`"1"`})); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Load: %v, want context.DeadlineExceeded", err)
	}
	start := time.Now()
	for range 2 {
		if err := client.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("Close waited %v for a server that is silent", took)
	}
	if e := fails(t, l, stages.Transient, ""); e.Error() != "the client is closed" {
		t.Errorf("after Close: %v", e)
	}
}

// cleared is what the driver returns if the pool of connections was cleared before a call had one.
type cleared struct{ error }

func (cleared) Retryable() bool { return true }

// A call is repeated until it had a connection, and no longer than its context lasts.
func TestUntilPooled(t *testing.T) {
	refused := errors.New("the login is refused")
	answers := []error{cleared{errors.New("cleared")}, cleared{errors.New("cleared again")}, refused}
	err := mongolookup.UntilPooled(t.Context(), func() error {
		first := answers[0]
		answers = answers[1:]
		return first
	})
	if !errors.Is(err, refused) || len(answers) > 0 {
		t.Errorf("got %v with %d answers left, want what came of the last call", err, len(answers))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := 0
	if err := mongolookup.UntilPooled(ctx, func() error { calls++; return cleared{errors.New("cleared")} }); err == nil || calls != 1 {
		t.Errorf("%d calls after the end of the context, want 1: %v", calls, err)
	}
}
