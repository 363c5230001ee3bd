package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/command/demo"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/logtest"
)

// What must be in nothing that is printed. They are of one shape, so that none is looked for in vain.
const (
	canaryPassword = "canary-kafka-password"
	canaryWrong    = "canary-wrong-password"
	canaryDSN      = "canary-dsn-password"
	canaryToken    = "canary-http-token"
	canaryPayload  = "canary-payload"
	canaryKey      = "canary-key"
)

// search fails the test where a canary is in a text.
func search(t *testing.T, what, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.Contains(line, "canary-") {
			t.Errorf("%s: %s", what, line)
		}
	}
}

// vault is a broker that wants a password, a shop, and a pipeline file with a secret wherever there can be one.
type vault struct {
	t       *testing.T
	cluster *kfake.Cluster
	client  *kgo.Client
	shop    string
}

func newVault(t *testing.T) *vault {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events", "enriched", "dead"), kfake.EnableSASL(),
		kfake.Superuser("PLAIN", "user", canaryPassword), kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		t.Fatal(err)
	}
	v := &vault{t: t, cluster: cluster, shop: filepath.Join(t.TempDir(), "shop.db")}
	v.client, err = kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.SASL(plain.Auth{User: "user", Pass: canaryPassword}.AsMechanism()),
		kgo.ConsumeTopics("dead"), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		v.client.Close()
		cluster.Close()
	})
	if err := demo.SeedShop(t.Context(), v.shop); err != nil {
		t.Fatal(err)
	}
	return v
}

// file writes a pipeline file.
func (v *vault) file(password, driver, dsn string) string {
	v.t.Helper()
	quote := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			v.t.Fatal(err)
		}
		return string(b)
	}
	text := fmt.Sprintf(`kafka:
  brokers: [%s]
  sasl: {mechanism: PLAIN, username: user, password: %s, allow_plaintext: true}
input: {topics: [events], group: g}
workers: 2
sources: {shop: {sql: {driver: %s, dsn: %s}}}
stages:
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, on_missing:
dead_letter}
output: {topic: enriched}
dead_letter: {topic: dead}
http: {listen: "127.0.0.1:0", token: %s}
log: {level: debug, format: json}
`, v.cluster.ListenAddrs()[0], quote(password), driver, quote(dsn), quote(canaryToken))
	path := filepath.Join(v.t.TempDir(), "pipeline.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		v.t.Fatal(err)
	}
	return path
}

// start runs a command; wait gives its exit code.
func start(ctx context.Context, args ...string) (out *logtest.Buffer, wait func() int) {
	out = &logtest.Buffer{}
	code := make(chan int, 1)
	go func() { code <- execute(ctx, &console.Console{Out: out, Err: out}, args) }()
	return out, func() int { return <-code }
}

// deadLetters reads n dead letters.
func (v *vault) deadLetters(n int) []*kgo.Record {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), 30*time.Second)
	defer cancel()
	var got []*kgo.Record
	for len(got) < n {
		got = append(got, v.client.PollFetches(ctx).Records()...)
		if ctx.Err() != nil {
			v.t.Fatalf("%d of %d dead letters came", len(got), n)
		}
	}
	return got
}

// A run at debug level whose events are bad in every way.
func TestNothingSecretIsPrintedByARun(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	for _, value := range []string{
		"canary-payload is not JSON",
		`{"user_id":"` + canaryKey + `","name":"` + canaryPayload + `"}`,
		`{"user_id":{"id":"` + canaryKey + `"}}`,
		`["` + canaryPayload + `"]`,
		`{"name":"` + canaryPayload + `"}`,
		`{"user_id":1.5,"name":"` + canaryPayload + `"}`,
	} {
		record := &kgo.Record{Topic: "events", Key: []byte(canaryKey), Value: []byte(value)}
		if err := v.client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, wait := start(ctx, "run", v.file(canaryPassword, "sqlite", v.shop))
	for _, dead := range v.deadLetters(6) {
		for _, h := range dead.Headers {
			// Which key cannot be looked up is said to whoever reads the record that has it.
			search(t, "dead letter", h.Key+": "+strings.ReplaceAll(string(h.Value), canaryKey, "key"))
		}
	}
	address := regexp.MustCompile(`"http listening","address":"([^"]+)"`).FindStringSubmatch(out.String())
	if address == nil {
		t.Fatalf("no address in the log:\n%s", out)
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/"} {
		text, err := get(t.Context(), "http://"+address[1]+path)
		if err != nil {
			t.Fatal(err)
		}
		search(t, path, text)
	}
	cancel()
	if code := wait(); code != cli.ExitDone {
		t.Errorf("exit %d", code)
	}
	if !strings.Contains(out.String(), `"level":"DEBUG"`) || !strings.Contains(out.String(), `"dead_lettered":6`) {
		t.Errorf("the run did not do what was to be searched:\n%s", out)
	}
	search(t, "log", out.String())
}

// What cannot be reached, is not let in, or cannot be understood.
func TestNothingSecretIsPrintedByAFailure(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	tests := map[string]struct {
		file string
		code int
		says string
	}{
		"an unreachable database":             {v.file(canaryPassword, "postgres", "postgres://user:"+canaryDSN+"@127.0.0.1:1/shop"), cli.ExitUnreachable, "source shop is not reachable"},
		"an unreachable database, key=value":  {v.file(canaryPassword, "postgres", "host=127.0.0.1 port=1 user=u password="+canaryDSN), cli.ExitUnreachable, "source shop is not reachable"},
		"a port that is none":                 {v.file(canaryPassword, "postgres", "postgres://user:"+canaryDSN+"@127.0.0.1:port/shop"), cli.ExitUsage, "sources.shop.sql.dsn"},
		"a password that breaks the URL":      {v.file(canaryPassword, "postgres", "postgres://user:"+canaryDSN+"%zz@127.0.0.1:1/shop"), cli.ExitUsage, "sources.shop.sql.dsn"},
		"a password with a slash":             {v.file(canaryPassword, "postgres", "postgres://user:/"+canaryDSN+"@127.0.0.1:1/shop"), cli.ExitUnreachable, "source shop is not reachable"},
		"no notation at all":                  {v.file(canaryPassword, "postgres", canaryDSN), cli.ExitUsage, "sources.shop.sql.dsn"},
		"a wrong password for Kafka":          {v.file(canaryWrong, "sqlite", v.shop), cli.ExitUnreachable, "the broker closes the connection"},
		"a table that is not in the database": {v.file(canaryPassword, "sqlite", "file:empty-"+canaryDSN+"?mode=memory"), cli.ExitUsage, "no such table"},
	}
	var checks []func()
	for name, test := range tests {
		for _, command := range [][]string{{"run", "--strict-start"}, {"check", "--connect"}} {
			// All of them wait most of the time: they are started together.
			out, wait := start(t.Context(), append(command, test.file)...)
			checks = append(checks, func() {
				if code := wait(); code != test.code || !strings.Contains(strings.ReplaceAll(out.String(), "source shop: not", "source shop is not"), test.says) {
					t.Errorf("%s, %s: exit %d, want %d and %q:\n%s", name, command[0], code, test.code, test.says, out)
				}
				search(t, name+", "+command[0], out.String())
			})
		}
	}
	for _, check := range checks {
		check()
	}
}

// A pipeline whose output topic is taken away ends with an error, which says no more than that.
func TestNothingSecretIsPrintedByAnEnd(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	out, wait := start(t.Context(), "run", v.file(canaryPassword, "sqlite", v.shop))
	deadline := time.Now().Add(20 * time.Second)
	for !strings.Contains(out.String(), `"msg":"started"`) {
		if time.Now().After(deadline) {
			t.Fatalf("the run does not start:\n%s", out)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if _, err := kadm.NewClient(v.client).DeleteTopic(t.Context(), "enriched"); err != nil {
		t.Fatal(err)
	}
	record := &kgo.Record{Topic: "events", Key: []byte(canaryKey), Value: []byte(`{"user_id":1,"name":"` + canaryPayload + `"}`)}
	if err := v.client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if code := wait(); code == cli.ExitDone {
		t.Errorf("exit 0 though the output topic is gone:\n%s", out)
	}
	search(t, "log", out.String())
}
