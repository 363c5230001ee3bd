package disktier

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/stages"
)

// The first byte of a key says what it is for. A change of any of these is a new format, see folder.go.
const (
	// entryKey, space, key: the entry.
	entryKey = 'e'
	// endKey, second in which the entry ends, entry's key: no value. It is where the sweep finds what ends first. The
	// entry may have been replaced or removed meanwhile.
	endKey = 'x'
	// positionKey, partition, topic: the offset of the next record.
	positionKey = 'p'
	// afterKeys is after every key.
	afterKeys = 'z'
)

const (
	spaceBytes = 16
	// prefixBytes is how much of an entry's key is before the caller's.
	prefixBytes = 1 + spaceBytes
	// endPrefixBytes is how much of an end's key is before the entry's.
	endPrefixBytes = 1 + 8
	// headBytes is how much of an entry is before the caller's value: state and three times.
	headBytes = 1 + 3*8

	stateMissing = 0
	stateLoaded  = 1
)

// prefixOf is what the keys of a space begin with. A hash, since a space's name holds a whole query.
func prefixOf(space string) []byte {
	sum := sha256.Sum256([]byte(space))
	return append([]byte{entryKey}, sum[:spaceBytes]...)
}

// after is the first key beyond all keys with a prefix, whose last byte can be raised.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; ; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
}

// appendEnd makes the key of an entry's end.
func appendEnd(b []byte, until int64, entry []byte) []byte {
	b = append(b, endKey)
	b = binary.BigEndian.AppendUint64(b, uint64(seconds(until)))
	return append(b, entry...)
}

// endsBefore is the first end key that is at or after a time.
func endsBefore(until int64) []byte { return appendEnd(nil, until, nil) }

// seconds rounds a time up, so that what has an end in the past has ended.
func seconds(nanos int64) int64 { return max(nanos, 0)/int64(time.Second) + 1 }

func appendHead(b []byte, e cachetier.Entry) []byte {
	state := byte(stateMissing)
	if e.State == stages.Loaded {
		state = stateLoaded
	}
	b = append(b, state)
	for _, t := range [...]time.Time{e.Born, e.Expires, e.Until} {
		b = binary.BigEndian.AppendUint64(b, uint64(nanos(t)))
	}
	return b
}

// nanos is a time as it is stored: within what 64 bits hold, 1678 to 2262.
func nanos(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, -1<<63)):
		return -1 << 63
	case t.After(time.Unix(0, 1<<63-1)):
		return 1<<63 - 1
	default:
		return t.UnixNano()
	}
}

var errMalformed = errors.New("an entry is malformed")

// decode reads an entry. Its value is a part of b.
func decode(b []byte) (cachetier.Entry, error) {
	if len(b) < headBytes {
		return cachetier.Entry{}, errMalformed
	}
	at := func(i int) time.Time { return time.Unix(0, int64(binary.BigEndian.Uint64(b[1+8*i:]))) }
	e := cachetier.Entry{State: stages.Missing, Born: at(0), Expires: at(1), Until: at(2)}
	switch b[0] {
	case stateLoaded:
		e.State, e.Value = stages.Loaded, b[headBytes:]
	case stateMissing:
	default:
		return cachetier.Entry{}, errMalformed
	}
	return e, nil
}

// untilOf is when an entry can go.
func untilOf(b []byte) (int64, error) {
	if len(b) < headBytes {
		return 0, errMalformed
	}
	return int64(binary.BigEndian.Uint64(b[1+8*2:])), nil
}

func appendPosition(b []byte, p cachetier.Position) []byte {
	b = append(b, positionKey)
	b = binary.BigEndian.AppendUint32(b, uint32(p.Partition))
	return append(b, p.Topic...)
}

func decodePosition(key, value []byte) (cachetier.Position, error) {
	if len(key) < 5 || len(value) != 8 {
		return cachetier.Position{}, errMalformed
	}
	return cachetier.Position{
		Topic:     string(key[5:]),
		Partition: int32(binary.BigEndian.Uint32(key[1:])),
		Offset:    int64(binary.BigEndian.Uint64(value)),
	}, nil
}
