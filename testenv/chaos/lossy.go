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

// The requests whose responses can be lost, by their key in Kafka's protocol. nothing is none of them.
const (
	nothing  = -1
	produces = 0
	endTxns  = 26
)

// lossy is a proxy before a broker that knows the frames of Kafka's protocol, and can take the answers to one kind of
// request away: the broker has done what it was asked, and the client's connection breaks.
type lossy struct {
	listener net.Listener
	upstream string
	conns    sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	losing int           // the key of a request, or nothing
	lost   chan struct{} // closed with the first answer that is lost since lose was called
}

// newLossy takes connections at its own address.
func newLossy(ctx context.Context, address, upstream string) (*lossy, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	l := &lossy{listener: listener, upstream: upstream, open: map[net.Conn]struct{}{}, losing: nothing, lost: make(chan struct{})}
	l.conns.Go(l.accept)
	return l, nil
}

// lose takes the answers to such requests away from now on.
func (l *lossy) lose(key int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.losing = key
	if key != nothing {
		l.lost = make(chan struct{})
	}
}

// loses reports whether the responses to such requests are to be lost.
func (l *lossy) loses(key int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.losing == key
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
	doomed := &doomed{asked: map[uint32]bool{}}
	var directions sync.WaitGroup
	closeBoth := func() { _, _ = client.Close(), broker.Close() }
	directions.Go(func() {
		defer closeBoth()
		relay(client, broker, func(frame []byte) bool {
			if len(frame) >= 8 && l.loses(int(binary.BigEndian.Uint16(frame))) {
				doomed.note(frame)
			}
			return true
		})
	})
	directions.Go(func() {
		defer closeBoth()
		relay(broker, client, func(frame []byte) bool {
			if !doomed.isAnswer(frame) {
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

// doomed are the requests of one connection whose responses are to be lost, by correlation ID.
type doomed struct {
	mu    sync.Mutex
	asked map[uint32]bool
}

// note takes a request's correlation ID, which its key and version come before.
func (d *doomed) note(request []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked[binary.BigEndian.Uint32(request[4:])] = true
}

func (d *doomed) isAnswer(response []byte) bool {
	if len(response) < 4 {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked[binary.BigEndian.Uint32(response)]
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
