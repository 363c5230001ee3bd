package redislookup_test

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/redislookup"
	"github.com/loaderline/loaderline/testenv"
)

func open(tb testing.TB, cfg redislookup.Config) lookup.Client[redislookup.Query] {
	tb.Helper()
	c, err := redislookup.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Error(err)
		}
	})
	return c
}

func prepare(tb testing.TB, c lookup.Client[redislookup.Query], q redislookup.Query) lookup.Lookup {
	tb.Helper()
	l, err := c.Lookup(tb.Context(), q)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// load asks for keys and returns the batch, which no error ended.
func load(tb testing.TB, s lookupext.Source, keys ...lookup.Key) *stages.Batch[lookup.Key, []byte] {
	tb.Helper()
	b := stages.NewBatch[lookup.Key, []byte](keys)
	if err := s.Load(tb.Context(), b); err != nil {
		tb.Fatal(err)
	}
	return b
}

// writer is a way into the Redis at address that writes.
func writer(tb testing.TB, address string) *redis.Client {
	tb.Helper()
	w := redis.NewClient(&redis.Options{Addr: address})
	tb.Cleanup(func() { _ = w.Close() })
	return w
}

// prefix begins the keys of one test in the Redis that all share.
func prefix() string { return rand.Text()[:10] + ":" }

// shared is the Redis of all tests, and a prefix for the keys of this one.
func shared(tb testing.TB) (lookup.Client[redislookup.Query], *redis.Client, string) {
	tb.Helper()
	address := testenv.Redis(tb)
	return open(tb, redislookup.Config{Addrs: []string{address}}), writer(tb, address), prefix()
}

// scripted is a server that answers each command by answer, in RESP. It ends with the test.
type scripted struct {
	address string
	answer  func(command []string) string

	mu   sync.Mutex
	seen [][]string
}

func newScripted(tb testing.TB, answer func(command []string) string) *scripted {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &scripted{address: listener.Addr().String(), answer: answer}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { s.serve(conn) })
		}
	})
	tb.Cleanup(func() {
		_ = listener.Close()
		conns.Wait()
	})
	return s
}

func (s *scripted) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	r := bufio.NewReader(conn)
	for {
		command, err := readCommand(r)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.seen = append(s.seen, command)
		s.mu.Unlock()
		if _, err := io.WriteString(conn, s.answer(command)); err != nil {
			return
		}
	}
}

// asked is the keys of the GETs so far.
func (s *scripted) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for _, command := range s.seen {
		if strings.EqualFold(command[0], "get") {
			keys = append(keys, command[1])
		}
	}
	return keys
}

func readCommand(r *bufio.Reader) ([]string, error) {
	n, err := readLength(r, '*')
	if err != nil {
		return nil, err
	}
	command := make([]string, n)
	for i := range command {
		size, err := readLength(r, '$')
		if err != nil {
			return nil, err
		}
		text := make([]byte, size+2)
		if _, err := io.ReadFull(r, text); err != nil {
			return nil, err
		}
		command[i] = string(text[:size])
	}
	return command, nil
}

func readLength(r *bufio.Reader, kind byte) (int, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return 0, err
	}
	if line[0] != kind {
		return 0, fmt.Errorf("%q does not begin with %c", line, kind)
	}
	return strconv.Atoi(strings.TrimSpace(line[1:]))
}

func bulk(text string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(text), text) }
