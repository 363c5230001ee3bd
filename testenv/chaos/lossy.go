package chaos

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// lossy is a proxy before a broker that knows the frames of Kafka's protocol, and can take the answers to EndTxn away:
// the broker has ended the transaction, and the client's connection breaks.
type lossy struct {
	listener net.Listener
	upstream string
	conns    sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	losing bool
	lost   chan struct{} // closed with the first answer that is lost since lose was called
}

// newLossy takes connections at an address of its own.
func newLossy(ctx context.Context, address, upstream string) (*lossy, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	l := &lossy{listener: listener, upstream: upstream, open: map[net.Conn]struct{}{}, lost: make(chan struct{})}
	l.conns.Go(l.accept)
	return l, nil
}

func (l *lossy) lose(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.losing = on
	if on {
		l.lost = make(chan struct{})
	}
}

func (l *lossy) isLosing() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.losing
}

// awaitLost returns once an answer was lost.
func (l *lossy) awaitLost(ctx context.Context) error {
	l.mu.Lock()
	lost := l.lost
	l.mu.Unlock()
	select {
	case <-lost:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *lossy) noteLost() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.lost:
	default:
		close(l.lost)
	}
}

func (l *lossy) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return // It was closed.
		}
		l.conns.Go(func() { l.serve(client) })
	}
}

// serve passes frames on in both directions until one end is gone.
func (l *lossy) serve(client net.Conn) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	broker, err := dialer.Dial("tcp", l.upstream)
	if err != nil {
		_ = client.Close()
		return
	}
	l.mu.Lock()
	l.open[client], l.open[broker] = struct{}{}, struct{}{}
	l.mu.Unlock()
	ends := &endTxns{asked: map[uint32]bool{}}
	var directions sync.WaitGroup
	closeBoth := func() { _, _ = client.Close(), broker.Close() }
	directions.Go(func() {
		defer closeBoth()
		relay(client, broker, func(frame []byte) bool {
			ends.note(frame, l.isLosing())
			return true
		})
	})
	directions.Go(func() {
		defer closeBoth()
		relay(broker, client, func(frame []byte) bool {
			if !ends.isAnswer(frame) {
				return true
			}
			l.noteLost()
			return false
		})
	})
	directions.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, client)
	delete(l.open, broker)
}

// relay passes frames on while pass says so.
func relay(from io.Reader, to io.Writer, pass func(frame []byte) bool) {
	const size, largest = 4, 256 << 20
	frame := make([]byte, size, 64<<10)
	for {
		if _, err := io.ReadFull(from, frame[:size]); err != nil {
			return
		}
		n := int(binary.BigEndian.Uint32(frame))
		if n > largest {
			return
		}
		if cap(frame) < size+n {
			frame = append(make([]byte, 0, size+n), frame[:size]...)
		}
		frame = frame[:size+n]
		if _, err := io.ReadFull(from, frame[size:]); err != nil {
			return
		}
		if !pass(frame[size:]) {
			return
		}
		if _, err := to.Write(frame); err != nil {
			return
		}
	}
}

// endTxns are the requests of one connection whose answers are to be lost, by correlation ID.
type endTxns struct {
	mu    sync.Mutex
	asked map[uint32]bool
}

// note looks at a request: its API key and version come before its correlation ID.
func (e *endTxns) note(request []byte, losing bool) {
	const endTxn = 26
	if !losing || len(request) < 8 || binary.BigEndian.Uint16(request) != endTxn {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked[binary.BigEndian.Uint32(request[4:])] = true
}

func (e *endTxns) isAnswer(response []byte) bool {
	if len(response) < 4 {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.asked[binary.BigEndian.Uint32(response)]
}

func (l *lossy) Close() error {
	err := l.listener.Close()
	l.mu.Lock()
	for conn := range l.open {
		err = errors.Join(err, ignoreClosed(conn.Close()))
	}
	l.mu.Unlock()
	l.conns.Wait()
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
