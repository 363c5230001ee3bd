// Package outagetest lets brokers go away from the clients of a test.
package outagetest

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Outage lets brokers go away once, after some responses or at Begin, for some attempts to connect. Clients with its Options
// share it.
type Outage struct {
	Dial Dial
	// After is how many responses come first; zero is none, so that only Begin begins.
	After int
	// Attempts is how many attempts to connect get Dial's result.
	Attempts int

	mu        sync.Mutex
	responses int
	began     bool
	conns     []net.Conn
}

// Dial connects to a broker that is away.
type Dial func() (net.Conn, error)

// Options returns the options of a client whose brokers the Outage takes away. The client retries after 10 ms.
func (o *Outage) Options() []kgo.Opt {
	return []kgo.Opt{kgo.Dialer(o.connect), kgo.WithHooks(o), kgo.RetryBackoffFn(func(int) time.Duration { return 10 * time.Millisecond })}
}

// Begin begins the outage.
func (o *Outage) Begin() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.disconnect()
}

// Began reports whether the outage has begun.
func (o *Outage) Began() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.began
}

// Refuse is the Dial of a broker whose port nobody listens at.
func Refuse() (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// CloseAtOnce is the Dial of a broker that closes a connection once it has read the first request whole.
func CloseAtOnce() (net.Conn, error) {
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
func (o *Outage) OnBrokerRead(_ kgo.BrokerMetadata, _ int16, _ int, _, _ time.Duration, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		return
	}
	if o.responses++; o.responses == o.After {
		o.disconnect()
	}
}

// disconnect needs mu.
func (o *Outage) disconnect() {
	o.began = true
	for _, conn := range o.conns {
		_ = conn.Close()
	}
}

func (o *Outage) connect(ctx context.Context, network, address string) (net.Conn, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.began && o.Attempts > 0 {
		o.Attempts--
		return o.Dial()
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err == nil {
		o.conns = append(o.conns, conn)
	}
	return conn, err
}
