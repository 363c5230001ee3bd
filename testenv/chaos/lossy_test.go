package chaos

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
)

// frame is a request or a response of Kafka's protocol, as far as lossy looks.
func frame(body ...byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

// A broker that responds to each request with its correlation ID.
func answering(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close() //nolint:errcheck // Its client is gone.
				relay(conn, io.Discard, func(request []byte) bool {
					_, err := conn.Write(frame(request[4:8]...))
					return err == nil
				})
			}()
		}
	}()
	return listener.Addr().String()
}

func TestLossy(t *testing.T) {
	const fetch = 1
	l, err := newLossy(t.Context(), "127.0.0.1:0", answering(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	ask := func(key, correlation byte) bool {
		conn, err := net.Dial("tcp", l.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // What matters was read.
		if _, err := conn.Write(frame(0, key, 0, 4, 0, 0, 0, correlation)); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 8)
		if _, err := io.ReadFull(conn, answer); err != nil {
			return false
		}
		if answer[7] != correlation {
			t.Errorf("the answer to %d is %v", correlation, answer)
		}
		return true
	}
	for _, tt := range []struct {
		losing   int
		answered bool
		key      byte
	}{
		{nothing, true, endTxns},
		{endTxns, true, fetch},
		{endTxns, false, endTxns},
		{produces, true, endTxns},
		{produces, false, produces},
		{nothing, true, produces},
	} {
		l.lose(tt.losing)
		if got := ask(tt.key, 7); got != tt.answered {
			t.Errorf("losing %d: request %d is answered: %t", tt.losing, tt.key, got)
		}
		if !tt.answered {
			if err := l.awaitLost(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
}
