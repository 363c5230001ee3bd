package kafkaadmin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestOutages(t *testing.T) {
	refused := errors.New("connection refused")
	type event func(*outages)
	broker := func(name string) kgo.BrokerMetadata { return kgo.BrokerMetadata{Host: name, Port: 1} }
	connects := func(name string) event { return func(o *outages) { o.OnBrokerConnect(broker(name), 0, nil, nil) } }
	answers := func(name string) event { return func(o *outages) { o.OnBrokerE2E(broker(name), 0, kgo.BrokerE2E{}) } }
	breaks := func(name string, err error) event {
		return func(o *outages) { o.OnBrokerE2E(broker(name), 0, kgo.BrokerE2E{ReadErr: err}) }
	}
	refuses := func(name string) event { return func(o *outages) { o.OnBrokerConnect(broker(name), 0, nil, refused) } }
	waits := func(d time.Duration) event { return func(*outages) { time.Sleep(d) } }
	const away = `WARN Kafka is not reachable, waiting for it brokers=[a:1] error="connection refused"`
	for name, test := range map[string]struct {
		events []event
		want   []string
	}{
		"an outage": {
			[]event{connects("a"), answers("a"), breaks("a", io.EOF), waits(time.Second), refuses("a"), refuses("a"), waits(11 * time.Second), refuses("a"), connects("a")},
			[]string{away, "INFO Kafka is reachable again after_seconds=12"},
		},
		"a second one": {
			[]event{refuses("a"), waits(time.Second), refuses("a"), connects("a"), refuses("a"), waits(time.Second), refuses("a"), answers("a")},
			[]string{away, "INFO Kafka is reachable again after_seconds=1", away, "INFO Kafka is reachable again after_seconds=1"},
		},
		"of several brokers": {
			[]event{answers("a"), answers("b"), breaks("a", io.EOF), waits(time.Second), breaks("b", io.EOF), waits(time.Second), refuses("a"), answers("b")},
			[]string{away, "INFO Kafka is reachable again after_seconds=1"},
		},
		"a broker that nobody asks any more": {[]event{answers("seed"), answers("a"), breaks("a", io.EOF), waits(5 * time.Second), refuses("a"), waits(time.Second), refuses("a")}, []string{away}},
		"one broker of several":              {[]event{answers("a"), answers("b"), refuses("a"), waits(4 * time.Second), refuses("a"), answers("b"), waits(4 * time.Second), refuses("a")}, nil},
		"a moment":                           {[]event{connects("a"), refuses("a"), waits(time.Second - 1), refuses("a"), connects("a"), waits(time.Minute), refuses("a")}, nil},
		"a client that is closed":            {[]event{connects("a"), breaks("a", context.Canceled), waits(time.Minute), breaks("a", kgo.ErrClientClosed), breaks("a", net.ErrClosed)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				o := newOutages(slog.New(slog.NewTextHandler(&log, nil)), []string{"a:1"})
				for _, happens := range test.events {
					happens(o)
				}
				got := regexp.MustCompile(`time=\S+ level=(\w+) msg="([^"]*)"`).ReplaceAllString(strings.TrimSpace(log.String()), "$1 $2")
				if got != strings.Join(test.want, "\n") {
					t.Errorf("the log is\n%s\nwant\n%s", got, strings.Join(test.want, "\n"))
				}
			})
		})
	}
}
