package consumer_test

import (
	"context"
	"crypto/rand"
	"net"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestASlowWayFromTheBrokers has an answer of the usual size take longer than the
// client waits for it.
func TestASlowWayFromTheBrokers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	const records, size = 300, 10 << 10
	for range records {
		value := make([]byte, size)
		_, _ = rand.Read(value)
		if err := w.cl.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Value: value}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	proxy := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "kafka", "127.0.0.1:0", w.brokers[0])
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		proxy.Toxics.ResetToxics(context.Background()) // It would go on to wait.
		proxy.Stop()
	})
	const bandwidth = `{"name": "slow", "type": "bandwidth", "stream": "downstream", "attributes": {"rate": 300}}` // KiB a second
	if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(bandwidth)); err != nil {
		t.Fatal(err)
	}
	cfg := w.config()
	cfg.Opts = func() []kgo.Opt {
		return []kgo.Opt{
			kgo.RequestTimeoutOverhead(time.Second),
			kgo.Dialer(func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, proxy.Listen)
			}),
		}
	}
	s := w.open(cfg)
	for got := 0; got < records; {
		batch := poll(t, s)
		commit(t, s, nil)
		got += len(batch)
	}
}
