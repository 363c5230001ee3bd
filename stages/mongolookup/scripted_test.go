package mongolookup_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/loaderline/loaderline/stages/lookup"
)

// The codes of messages in MongoDB's protocol.
const (
	opReply = 1
	opQuery = 2004
	opMsg   = 2013
)

// scripted is a server that answers commands by answer, and greetings as a single server does. A nil answer ends the connection. It
// ends with the test.
type scripted struct {
	uri    lookup.Secret
	answer func(command bson.Raw) bson.D

	mu   sync.Mutex
	seen []bson.Raw
}

func newScripted(tb testing.TB, answer func(command bson.Raw) bson.D) *scripted {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &scripted{uri: lookup.Secret("mongodb://" + listener.Addr().String() + "/"), answer: answer}
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

// finding is a server that finds the same documents for all keys.
func finding(tb testing.TB, documents ...any) *scripted {
	tb.Helper()
	return newScripted(tb, func(bson.Raw) bson.D { return found(documents...) })
}

// found is the answer to a find.
func found(documents ...any) bson.D {
	return bson.D{{Key: "ok", Value: 1}, {Key: "cursor", Value: bson.D{
		{Key: "id", Value: int64(0)}, {Key: "ns", Value: "app.rows"}, {Key: "firstBatch", Value: append(bson.A{}, documents...)},
	}}}
}

// refused is the answer to a command that fails.
func refused(code int32, name, message string) bson.D {
	return bson.D{{Key: "ok", Value: 0}, {Key: "code", Value: code}, {Key: "codeName", Value: name}, {Key: "errmsg", Value: message}}
}

func (s *scripted) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	for {
		request, code, command, err := readCommand(conn)
		if err != nil {
			return
		}
		var answer bson.D
		switch name := nameOf(command); name {
		case "hello", "isMaster", "ismaster":
			answer = bson.D{
				{Key: "ok", Value: 1},
				{Key: "ismaster", Value: true},
				{Key: "isWritablePrimary", Value: true},
				{Key: "helloOk", Value: true},
				{Key: "maxBsonObjectSize", Value: 16 << 20},
				{Key: "maxMessageSizeBytes", Value: 48_000_000},
				{Key: "maxWriteBatchSize", Value: 100_000},
				{Key: "minWireVersion", Value: 0},
				{Key: "maxWireVersion", Value: 21},
			}
		default:
			s.mu.Lock()
			s.seen = append(s.seen, command)
			s.mu.Unlock()
			if answer = s.answer(command); answer == nil {
				return
			}
		}
		if err := writeAnswer(conn, request, code, answer); err != nil {
			return
		}
	}
}

// commands are the commands so far, without greetings.
func (s *scripted) commands() []bson.Raw {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// nameOf is the name of a command.
func nameOf(command bson.Raw) string { return command.Index(0).Key() }

func readCommand(r io.Reader) (request, code uint32, command bson.Raw, err error) {
	var header [16]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, 0, nil, err
	}
	body := make([]byte, binary.LittleEndian.Uint32(header[:])-uint32(len(header)))
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, 0, nil, err
	}
	request, code = binary.LittleEndian.Uint32(header[4:]), binary.LittleEndian.Uint32(header[12:])
	if code == opQuery {
		_, body, _ = bytes.Cut(body[4:], []byte{0}) // Flags and the name of the collection.
		return request, code, body[8:], nil         // Two numbers.
	}
	return request, code, body[5:], nil // Flags and the kind of the section.
}

func writeAnswer(w io.Writer, request, code uint32, answer bson.D) error {
	document, err := bson.Marshal(answer)
	if err != nil {
		return err
	}
	header, reply := make([]byte, 5), uint32(opMsg)
	if code == opQuery {
		header, reply = make([]byte, 20), opReply
		header[16] = 1 // One document.
	}
	body := slices.Concat(header, document)
	message := binary.LittleEndian.AppendUint32(nil, uint32(16+len(body)))
	message = binary.LittleEndian.AppendUint32(message, 1)
	message = binary.LittleEndian.AppendUint32(message, request)
	message = binary.LittleEndian.AppendUint32(message, reply)
	_, err = w.Write(append(message, body...))
	return err
}
