package pipelinefile_test

import (
	"cmp"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

func compare() gocmp.Option {
	return gocmp.Options{
		gocmp.Comparer(func(a, b strictyaml.Secret) bool { return a.Reveal() == b.Reveal() }),
		cmpopts.IgnoreUnexported(pf.File{}),
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// filled has the defaults of what is of use to some kinds of sources only.
func filled(f *pf.File) *pf.File {
	for i := range f.Sources {
		if b := &f.Sources[i].Breaker; *b == (pf.Breaker{}) {
			*b = pf.Breaker{Failures: 5, Delay: 5 * time.Second}
		}
	}
	for i := range f.Stages {
		s := &f.Stages[i]
		s.Format = cmp.Or(s.Format, pf.FormatJSON)
		s.Request.Method = cmp.Or(s.Request.Method, pf.MethodPost)
		s.OnOutage = cmp.Or(s.OnOutage, pf.OnOutagePause)
		s.OnMissing, s.OnError = cmp.Or(s.OnMissing, pf.OnMissingKeep), cmp.Or(s.OnError, pf.OnErrorDeadLetter)
	}
	return f
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	got, err := pf.Load("testdata/right/least.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := &pf.File{
		Name: "enrich-user-events",
		Kafka: pf.Kafka{
			Brokers: []string{"localhost:9092"}, SessionTimeout: 10 * time.Second, TransactionTimeout: 10 * time.Second,
		},
		Workers: 4,
		Input: pf.Input{
			Topics: []string{"user-events"}, Group: "enrich-user-events",
			Format: pf.FormatJSON, KeyFormat: pf.FormatText, ID: pf.SchemaIDConfluent, Decimals: pf.FormNumber, Timestamps: pf.FormString, Int64: pf.FormNumber,
			Start: pf.Start{Position: pf.StartEarliest}, Tombstones: pf.TombstonesDeadLetter,
		},
		Batch: pf.Batch{MaxRecords: 5000, MaxBytes: 8 << 20, Linger: 5 * time.Millisecond},
		Sources: []pf.Source{{
			Name: "shop", SQL: &pf.SQL{Driver: pf.DriverSQLite, DSN: strictyaml.NewSecret("testdata/right/shop.db"), Pool: 8},
			Timeout: 5 * time.Second, MaxKeys: 5000, MaxCalls: 4,
		}},
		Stages: []pf.Stage{{
			Name: "user", Source: "shop", By: []string{"event.user_id"},
			Query: "SELECT id, name FROM users WHERE id IN ($keys)", Key: []string{"id"},
			History: pf.HistoryMutable, OnMissing: pf.OnMissingKeep, OnError: pf.OnErrorDeadLetter,
		}},
		Cache:      pf.Cache{Memory: 256 << 20},
		Output:     pf.Output{Topic: "user-events-enriched", Delivery: pf.DeliveryExactlyOnce, Shape: pf.ShapeNest, Partition: pf.PartitionKey, Source: pf.SourceHeadersShort, Format: pf.FormatJSON, Subject: "topic", ID: pf.SchemaIDPrefix},
		DeadLetter: pf.DeadLetter{Topic: "user-events-dead", Limit: 50, Window: 1000},
		Retry:      pf.Retry{Initial: 100 * time.Millisecond, Max: 5 * time.Second, MaxElapsed: 30 * time.Second, Order: pf.RetryOrderKey},
		HTTP:       pf.HTTP{Listen: "127.0.0.1:8080"},
		Shutdown:   pf.Shutdown{Timeout: 20 * time.Second},
		Log:        pf.Log{Level: slog.LevelInfo, Format: pf.LogFormatAuto},
	}
	if diff := gocmp.Diff(filled(want), got, compare()); diff != "" {
		t.Errorf("file differs (-want +got):\n%s", diff)
	}
}

func TestFull(t *testing.T) {
	t.Parallel()
	variables := map[string]string{"WORKERS": "7", "RECORDS": "100", "PASSWORD": "p${WORKERS}: [x"}
	got, err := pf.Parse("full.yaml", read(t, "testdata/right/full.yaml"), pf.Options{
		Getenv: func(name string) (string, bool) { v, ok := variables[name]; return v, ok },
		ReadFile: func(path string) ([]byte, error) {
			if path != filepath.Join("conf", "password.txt") {
				return nil, fs.ErrNotExist
			}
			return []byte("pass\n\n"), nil
		},
		Dir: "conf",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &pf.File{
		Name: "user-events",
		Kafka: pf.Kafka{
			Brokers:        []string{"localhost:9092", "[::1]:9093", "kafka.example:9094"},
			TLS:            pf.TLS{Enabled: true, CA: filepath.Join("conf", "ca.pem"), Cert: "/etc/client.pem", Key: filepath.Join("conf", "client.key")},
			SASL:           &pf.SASL{Mechanism: pf.MechanismSCRAMSHA512, Username: "loaderline", Password: strictyaml.NewSecret("pass\n")},
			SessionTimeout: 15 * time.Second, TransactionTimeout: 20 * time.Second, StaticMembership: true,
		},
		Instance: "one",
		Workers:  7,
		Input: pf.Input{
			Topics: []string{"user-events", "more-events"}, Group: "enrich-user-events",
			Format: pf.FormatAvro, KeyFormat: pf.FormatInteger, Where: `event.type != "heartbeat"`,
			ID: pf.SchemaIDApicurio8Byte, Decimals: pf.FormString, Timestamps: pf.FormNumber, Int64: pf.FormString,
			Start:      pf.Start{Position: pf.StartTime, Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
			Tombstones: pf.TombstonesForward,
		},
		Registry: &pf.Registry{
			URLs: []string{"https://one.example", "https://two.example/apis/ccompat/v7"}, Basic: &pf.Basic{Username: "reader", Password: strictyaml.NewSecret("p${WORKERS}: [x")},
			TLS: pf.TLS{Enabled: true, CA: filepath.Join("conf", "ca.pem")}, Timeout: time.Second,
		},
		Batch: pf.Batch{MaxRecords: 100, MaxBytes: 1 << 20, Linger: time.Minute},
		Sources: []pf.Source{
			{
				Name: "shop", SQL: &pf.SQL{Driver: pf.DriverPostgres, DSN: strictyaml.NewSecret("postgres://u:p${WORKERS}: [x@db/shop"), Pool: 2},
				Timeout: time.Second, MaxKeys: 10, MaxCalls: 1,
				Breaker: pf.Breaker{Enabled: true, Failures: 3, Delay: 5 * time.Second},
				Errors:  map[string]pf.ErrorClass{"42P01": pf.ErrorPermanent, "57014": pf.ErrorTransient, "XX000": pf.ErrorFatal},
			},
			{
				Name: "local", SQL: &pf.SQL{Driver: pf.DriverSQLite, DSN: strictyaml.NewSecret("file:conf/shop.db"), Pool: 8},
				Timeout: 5 * time.Second, MaxKeys: 5000, MaxCalls: 4,
			},
		},
		Stages: []pf.Stage{
			{
				Name: "user", Source: "shop", By: []string{"event.tenant", "event.user_id"},
				Query: "SELECT tenant_id, id FROM users WHERE (tenant_id, id) IN ($keys)",
				Key:   []string{"tenant_id", "id"}, KeyType: []string{"text", "bigint"},
				History: pf.HistoryMutable, OnMissing: pf.OnMissingDrop, OnError: pf.OnErrorKeep, OnOutage: pf.OnOutageDegrade,
				Cache: pf.StageCache{TTL: 10 * time.Minute, NegativeTTL: 2 * time.Minute},
			},
			{
				Name: "purchases", Source: "local", By: []string{"event.user_id"}, Many: true,
				Query:   "SELECT user_id AS _key, id FROM purchases WHERE user_id IN ($keys)\n",
				History: pf.HistoryMutable, OnMissing: pf.OnMissingKeep, OnError: pf.OnErrorDeadLetter,
				Cache: pf.StageCache{TTL: 10 * time.Second, NegativeTTL: 10 * time.Second},
			},
			{
				Name: "reviews", Source: "shop", By: []string{"purchases[].product_id"},
				Query: "SELECT product_id, body  -- ${not a variable}\nFROM reviews WHERE product_id = ANY($keys)\n",
				Key:   []string{"product_id"}, Into: "purchases[].reviews",
				History: pf.HistoryMutable, OnMissing: pf.OnMissingKeep, OnError: pf.OnErrorDeadLetter,
				Cache: pf.StageCache{TTL: time.Hour, NegativeTTL: 30 * time.Second},
			},
		},
		Cache: pf.Cache{Memory: 1 << 20, TTL: time.Hour, Disk: &pf.Disk{Path: filepath.Join("conf", "cache"), MaxBytes: 1 << 30, Memory: 32 << 20}, Invalidate: &pf.Invalidate{
			Topic: "user-events-invalidate",
			Changes: []pf.Change{
				{Topic: "shop.public.users", Key: []string{"tenant_id", "id"}, Stages: []string{"user"}, Format: pf.FormatJSON, Envelope: pf.EnvelopeAuto, OldKey: pf.OldKeyPrimaryKey},
				{Topic: "shop.changes", Table: "public.reviews", Key: []string{"product_id"}, Stages: []string{"reviews", "purchases"}, Format: pf.FormatJSON, Envelope: pf.EnvelopeDebezium, OldKey: pf.OldKeyBefore},
				{Topic: "purchases-by-user", Stages: []string{"purchases"}, Format: pf.FormatJSON, Envelope: pf.EnvelopeAuto, OldKey: pf.OldKeyAuto},
			},
		}},
		Output:     pf.Output{Topic: "user-events-enriched", Delivery: pf.DeliveryAtLeastOnce, Shape: pf.ShapeMerge, Partition: pf.PartitionSource, Source: pf.SourceHeadersFull, Format: pf.FormatJSON, Subject: "topic", ID: pf.SchemaIDPrefix},
		DeadLetter: pf.DeadLetter{Topic: "user-events-dead", Limit: 100, Window: 1},
		Retry:      pf.Retry{Initial: time.Second, Max: 2 * time.Second, Order: pf.RetryOrderNone},
		HTTP:       pf.HTTP{Listen: "[::1]:0", Token: strictyaml.NewSecret("p${WORKERS}: [x")},
		Shutdown:   pf.Shutdown{Timeout: 90 * time.Second},
		Log:        pf.Log{Level: slog.LevelDebug, Format: pf.LogFormatJSON},
	}
	if diff := gocmp.Diff(filled(want), got, compare()); diff != "" {
		t.Errorf("file differs (-want +got):\n%s", diff)
	}
}

func TestCacheTiers(t *testing.T) {
	t.Parallel()
	file, err := pf.Parse("tiers.yaml", read(t, "testdata/right/tiers.yaml"), pf.Options{Getenv: secret})
	if err != nil {
		t.Fatal(err)
	}
	want := pf.Cache{
		Memory: 256 << 20, TTL: 10 * time.Minute,
		Redis: &pf.CacheRedis{
			Redis: pf.Redis{
				Addresses: []string{"localhost:6379"}, Username: "loaderline", Password: strictyaml.NewSecret("secret"), Pool: 8,
			},
			Timeout: 100 * time.Millisecond, Prefix: "loaderline",
		},
	}
	if diff := gocmp.Diff(want, file.Cache, compare()); diff != "" {
		t.Errorf("cache differs (-want +got):\n%s", diff)
	}
}

func TestErrorfFindsThePlace(t *testing.T) {
	t.Parallel()
	file, err := pf.Load("testdata/right/least.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"stages.user.query":       "testdata/right/least.yaml:9:12: stages.user.query: no such table",
		"input.topics[0]":         "testdata/right/least.yaml:2:18: input.topics[0]: no such table",
		"stages.user.by[0]":       "testdata/right/least.yaml:8:9: stages.user.by[0]: no such table",
		"stages.user.into":        "testdata/right/least.yaml:6:3: stages.user.into: no such table",
		"sources.shop.sql.dsn":    "testdata/right/least.yaml:4:37: sources.shop.sql.dsn: no such table",
		"retry.initial":           "testdata/right/least.yaml: retry.initial: no such table",
		"stages.user.key_type[1]": "testdata/right/least.yaml:6:3: stages.user.key_type[1]: no such table",
	} {
		if got := file.Errorf(key, "no such %s", "table").Error(); got != want {
			t.Errorf("Errorf = %s; want %s", got, want)
		}
	}
}
