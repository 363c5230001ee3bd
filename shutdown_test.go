package loaderline_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/abort"
	"github.com/loaderline/loaderline/stages"
)

// The broker is gone when a pipeline is stopped in the middle of a micro-batch: the timeout still holds.
func TestShutdownIsBoundedWithoutABroker(t *testing.T) {
	t.Parallel()
	for _, delivery := range []consumer.Delivery{consumer.ExactlyOnce, consumer.AtLeastOnce} {
		t.Run(delivery.String(), func(t *testing.T) {
			t.Parallel()
			b := newBroker(t)
			b.publish(events(10)...)
			atHand, goOn := make(chan struct{}), make(chan struct{})
			cfg := numbers(b, stages.MapSource(func(ctx context.Context, keys []int) (map[int]int, error) {
				close(atHand)
				<-goOn
				return double(ctx, keys)
			}))
			cfg.Workers, cfg.ShutdownTimeout = 1, 2*time.Second
			cfg.Consumer.Delivery, cfg.Consumer.Linger = delivery, time.Second
			stop := start(t, cfg)
			<-atHand
			b.cluster.Close()
			began := time.Now()
			close(goOn)
			if err := stop(); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("it ended after %v", took)
			}
		})
	}
}

// A shutdown without time gives up the current micro-batch.
func TestShutdownWithoutTime(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.publish(events(10)...)
	atHand := make(chan struct{})
	cfg := numbers(b, stages.MapSource(func(ctx context.Context, _ []int) (map[int]int, error) {
		close(atHand)
		<-ctx.Done() // It ends only when the micro-batch is given up.
		return nil, ctx.Err()
	}))
	cfg.Workers, cfg.ShutdownTimeout = 1, -1
	cfg.Consumer.Linger = time.Second
	aborted := make(chan string, 1)
	cfg.OnAbort = func(why string) { aborted <- why }
	stop := start(t, cfg)
	<-atHand
	if err := stop(); err != nil {
		t.Error(err)
	}
	if why := <-aborted; why != abort.Shutdown {
		t.Errorf("aborted by %s", why)
	}
}

// A pipeline that is stopped while it starts has not failed.
func TestStopWhileStarting(t *testing.T) {
	t.Parallel()
	for connections := range 8 {
		b := newBroker(t)
		ctx, cancel := context.WithCancel(t.Context())
		stopping := &stopAt{stop: cancel}
		stopping.left.Store(int64(connections))
		if connections == 0 {
			cancel()
		}
		cfg := numbers(b, doubles)
		cfg.Workers = 1
		cfg.Consumer.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.WithHooks(stopping)} }
		p, err := loaderline.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(2*time.Second, cancel) // There may be fewer.
		if err := p.Run(ctx); err != nil {
			t.Errorf("stopped at connection %d: %v", connections, err)
		}
		cancel()
	}
}

// stopAt stops when so many connections were made.
type stopAt struct {
	stop context.CancelFunc
	left atomic.Int64
}

func (s *stopAt) OnBrokerConnect(kgo.BrokerMetadata, time.Duration, net.Conn, error) {
	if s.left.Add(-1) == 0 {
		s.stop()
	}
}

// The broker fences a session again and again: for another process where its transactions were in time.
func TestFences(t *testing.T) {
	t.Parallel()
	for name, slow := range map[string]time.Duration{"another process": 0, "overtime": 1100 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBroker(t)
			b.publish(events(5)...)
			cfg := numbers(b, doubles)
			cfg.Workers = 1
			cfg.Consumer.TransactionTimeout = time.Second
			late := &lateOffsets{by: slow}
			cfg.Consumer.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.WithHooks(late)} }
			b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, Err: kerr.ProducerFenced, TopLevel: true, Count: 4, When: func(kmsg.Request) bool {
				late.fences.Add(1)
				return true
			}})
			p, err := loaderline.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- p.Run(ctx) }()
			if slow == 0 {
				if err := <-ended; !errors.Is(err, consumer.ErrFenced) || !strings.Contains(err.Error(), "another process runs pipeline g as instance test") {
					t.Error(err)
				}
				return
			}
			b.waitFor(5)
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// lateOffsets holds back the responses to the offset commits of the first four transactions.
type lateOffsets struct {
	by     time.Duration
	fences atomic.Int64
}

func (l *lateOffsets) OnBrokerRead(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, _ error) {
	if key == int16(kmsg.TxnOffsetCommit) && l.fences.Load() < 4 {
		time.Sleep(l.by)
	}
}
