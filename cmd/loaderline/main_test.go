package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/command/demo"
	"github.com/loaderline/loaderline/internal/devregistry"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/testenv"
)

// TestMain lets the scripts execute this test's binary as loaderline.
func TestMain(m *testing.M) {
	testenv.AtOnce(6)
	testscript.Main(leakless{m}, map[string]func(){"loaderline": main})
}

// leakless fails a run that leaves goroutines behind.
type leakless struct{ *testing.M }

func (m leakless) Run() int {
	code := m.M.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

// TestScripts runs the specification of the command line in testdata. Each script has its own broker at $BROKERS,
// a shop at $SHOP, a schema registry at $REGISTRY, and an address at $CLOSED where nobody listens.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup:               setup,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"await": await, "topic": topic, "exitcode": exitcode, "fetch": fetch, "profile": cpuProfile, "serve": serve,
			"hostile": hostile, "harmless": harmless, "register": register,
		},
	})
}

func setup(env *testscript.Env) error {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		return err
	}
	env.Defer(cluster.Close)
	closed, err := testenv.FreeAddresses(context.Background(), 1) // Not one that a broker of another script can get.
	if err != nil {
		return err
	}
	schemas, err := devregistry.Start(context.Background(), "127.0.0.1:0")
	if err != nil {
		return err
	}
	env.Defer(func() { _ = schemas.Close() })
	env.Setenv("REGISTRY", schemas.URL())
	s := &service{}
	env.Values[service{}] = s
	env.Defer(s.stop)
	env.Setenv("CLOSED", closed[0])
	env.Setenv("BROKERS", strings.Join(cluster.ListenAddrs(), ","))
	env.Setenv("SHOP", filepath.Join(env.WorkDir, "shop.db"))
	return demo.SeedShop(context.Background(), filepath.Join(env.WorkDir, "shop.db"))
}

// await waits until a file, such as the output of a program in the background, has a text: await FILE TEXT.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await file text")
	}
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		if data, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && strings.Contains(string(data), args[1]) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("%s never had %q:\n%s", args[0], args[1], ts.ReadFile(args[0]))
}

// exitcode runs a program and wants its exit code: exitcode CODE PROGRAM ARGUMENTS...
func exitcode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode code program arguments...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// topic publishes records to a topic's partition 0, also records that are not text: topic NAME raw KEY VALUE.
func topic(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: topic name key value")
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(ts.Getenv("BROKERS"), ",")...))
	ts.Check(err)
	defer client.Close()
	_, err = kadm.NewClient(client).CreateTopic(context.Background(), 1, 1, nil, args[0])
	ts.Check(err)
	value := strings.ReplaceAll(args[2], "FF", "\xff")
	record := &kgo.Record{Topic: args[0], Key: []byte(args[1]), Value: []byte(value), Timestamp: time.UnixMilli(1764000000123)}
	record.Headers = []kgo.RecordHeader{{Key: "raw", Value: []byte("\xff")}, {Key: "none"}, {Key: "tag", Value: []byte("<a>")}}
	ts.Check(client.ProduceSync(context.Background(), record, &kgo.Record{Topic: args[0]}).FirstErr())
}

// register registers a schema with the script's registry: register SUBJECT TYPE FILE.
func register(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: register subject type file")
	}
	client, err := registry.Open(registry.Config{URLs: []string{ts.Getenv("REGISTRY")}})
	ts.Check(err)
	defer client.Close()
	_, err = client.Register(context.Background(), args[0], &registry.Schema{Type: registry.Type(args[1]), Text: ts.ReadFile(args[2])}, false)
	ts.Check(err)
}

// cpuProfile wants a file to be a CPU profile: profile FILE.
func cpuProfile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: profile file")
	}
	p, err := profile.ParseData([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	if p.PeriodType == nil || p.PeriodType.Type != "cpu" || p.DurationNanos == 0 {
		ts.Fatalf("%s is a profile of %+v over %d ns, want one of the CPU", args[0], p.PeriodType, p.DurationNanos)
	}
}
