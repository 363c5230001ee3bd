package devbroker_test

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/devbroker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, cfg devbroker.Config) *devbroker.Broker {
	t.Helper()
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	b, err := devbroker.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func client(t *testing.T, b *devbroker.Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append(opts, kgo.SeedBrokers(b.Addr()))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTopicsAreThere(t *testing.T) {
	b := start(t, devbroker.Config{Topics: []string{"a", "b"}, Partitions: 3})
	defer closing(t, b)
	c := client(t, b)
	defer c.Close()
	topics, err := kadm.NewClient(c).ListTopics(t.Context(), "a", "b", "c")
	if err != nil {
		t.Fatal(err)
	}
	if len(topics["a"].Partitions) != 3 || len(topics["b"].Partitions) != 3 || topics["c"].Err == nil {
		t.Errorf("topics %v", topics)
	}
}

func TestAFolderOutlivesTheBroker(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "broker")
	cfg := devbroker.Config{Dir: dir, Topics: []string{"events"}, Partitions: 1}
	for want := range int64(3) {
		b := start(t, cfg)
		c := client(t, b)
		record := &kgo.Record{Topic: "events", Value: []byte("event")}
		if err := c.ProduceSync(t.Context(), record).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if record.Offset != want {
			t.Errorf("offset %d, want %d", record.Offset, want)
		}
		c.Close()
		closing(t, b)
	}
}

func TestAFolderIsForOneBroker(t *testing.T) {
	dir := t.TempDir()
	b := start(t, devbroker.Config{Dir: dir})
	defer closing(t, b)
	_, err := devbroker.Start(t.Context(), devbroker.Config{Dir: dir, Listen: "127.0.0.1:0"})
	if err == nil || !strings.Contains(err.Error(), "another broker uses "+dir) {
		t.Errorf("the second broker: %v", err)
	}
}

func TestWhatCannotBe(t *testing.T) {
	var config net.ListenConfig
	taken, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := taken.Close(); err != nil {
			t.Error(err)
		}
	}()
	address := taken.Addr().String()
	for name, test := range map[string]struct {
		cfg  devbroker.Config
		want string
	}{
		"a port that is taken":  {devbroker.Config{Listen: address}, "listen: cannot listen on " + address + ": address already in use"},
		"no port":               {devbroker.Config{Listen: "localhost"}, `listen: "localhost" is not host:port, such as 127.0.0.1:9092`},
		"every address":         {devbroker.Config{Listen: "0.0.0.0:0"}, `listen: "0.0.0.0:0" is not an address that clients can connect to; write one of this host's, such as 127.0.0.1:9092`},
		"a topic with a blank":  {devbroker.Config{Listen: "127.0.0.1:0", Topics: []string{"a b"}}, `topics: "a b" cannot be a topic's name: it has letters`},
		"a folder that is none": {devbroker.Config{Listen: "127.0.0.1:0", Dir: "devbroker_test.go"}, "dir: mkdir devbroker_test.go: "},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := devbroker.Start(t.Context(), test.cfg)
			if err == nil {
				closing(t, b)
				t.Fatal("it started")
			}
			if !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func closing(t *testing.T, b *devbroker.Broker) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
