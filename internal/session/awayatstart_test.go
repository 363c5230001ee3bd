package session_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/session"
)

// TestKafkaGoesAwayDuringTheStart ends all connections after each response of a start in turn. The brokers are back
// after some attempts to connect, so the start has to succeed.
func TestKafkaGoesAwayDuringTheStart(t *testing.T) {
	t.Parallel()
	for kind, dial := range map[string]func(*outage) (net.Conn, error){
		"brokers that refuse connections": (*outage).refuse,
		"brokers that close connections":  (*outage).closeAtOnce,
	} {
		for name := range starts(newWorld(t, 1), consumer.Kafka{}) {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, 1)
				w.publish(0, 1, 1)
				for n := 1; ; n++ {
					o := &outage{dial: dial, after: n, attempts: 3}
					k := consumer.Kafka{Brokers: w.brokers, Opts: o.options}
					if err := starts(w, k)[name](t.Context()); err != nil {
						t.Errorf("away after response %d: %v", n, err)
					}
					if !o.hasBegun() {
						if n == 1 {
							t.Error("the outage never began")
						}
						return
					}
				}
			})
		}
	}
}

// TestKafkaStaysAwayDuringTheStart has brokers that do not come back. A supervisor knows the error by its type, and a
// worker knows that it can open the session again.
func TestKafkaStaysAwayDuringTheStart(t *testing.T) {
	t.Parallel()
	for name := range starts(newWorld(t, 1), consumer.Kafka{}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			o := &outage{dial: (*outage).refuse, after: 2, attempts: math.MaxInt}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second) // Less than a start itself would wait.
			defer cancel()
			err := starts(w, consumer.Kafka{Brokers: w.brokers, Opts: o.options})[name](ctx)
			if !errors.Is(err, consumer.ErrUnreachable) && (name != "open" || !session.Recoverable(err)) {
				t.Error(err)
			}
		})
	}
}

// outage lets brokers go away once, after some responses or at begin, for some attempts to connect.
type outage struct {
	dial            func(*outage) (net.Conn, error)
	after, attempts int

	mu        sync.Mutex
	responses int
	began     bool
	conns     []net.Conn
}

func (o *outage) options() []kgo.Opt {
	return []kgo.Opt{kgo.Dialer(o.connect), kgo.WithHooks(o), kgo.RetryBackoffFn(func(int) time.Duration { return 10 * time.Millisecond })}
}

func (o *outage) connect(ctx context.Context, network, address string) (net.Conn, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.began && o.attempts > 0 {
		o.attempts--
		return o.dial(o)
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err == nil {
		o.conns = append(o.conns, conn)
	}
	return conn, err
}

func (*outage) refuse() (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// closeAtOnce ends the connection once it has read the first request whole.
func (*outage) closeAtOnce() (net.Conn, error) {
	client, server := net.Pipe()
	go func() {
		var size uint32
		if binary.Read(server, binary.BigEndian, &size) == nil {
			_, _ = io.CopyN(io.Discard, server, int64(size))
		}
		_ = server.Close()
	}()
	return client, nil
}

// OnBrokerRead implements kgo.HookBrokerRead.
func (o *outage) OnBrokerRead(_ kgo.BrokerMetadata, _ int16, _ int, _, _ time.Duration, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		return
	}
	if o.responses++; o.responses == o.after {
		o.disconnect()
	}
}

func (o *outage) begin() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.disconnect()
}

// disconnect needs mu.
func (o *outage) disconnect() {
	o.began = true
	for _, conn := range o.conns {
		_ = conn.Close()
	}
}

func (o *outage) hasBegun() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.began
}
