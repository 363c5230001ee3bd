package redistier

import (
	"encoding/binary"
	"hash/crc32"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/stages"
)

// An entry in Redis is, in big-endian order:
//
//	0      version
//	1      kind
//	2..9   when its key was last invalidated, in µs by Redis' clock; 0 where that was long ago. The scripts write it
//	10..17 when its load began, in µs by Redis' clock
//	18..41 Born, Expires and Until, in ns by the wall clock
//	42..45 CRC-32C of all but bytes 2..9 and itself
//	46..   the value
//
// A tombstone is the first ten bytes alone.
const (
	version      = 1
	beganAt      = 10
	bornAt       = 18
	expiresAt    = 26
	untilAt      = 34
	sumAt        = 42
	headerLength = 46
)

const (
	kindLoaded  = 1
	kindMissing = 2
	// Scripts write tombstones, which are of kind 3.
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 {
	sum := crc32.Checksum(b[:2], castagnoli)
	sum = crc32.Update(sum, castagnoli, b[beganAt:sumAt])
	return crc32.Update(sum, castagnoli, b[headerLength:])
}

// encode gives the bytes of an entry whose load began then by Redis' clock, and false for what is no entry.
func encode(e cachetier.Entry, began int64) ([]byte, bool) {
	b := make([]byte, headerLength, headerLength+len(e.Value))
	b[0] = version
	switch e.State {
	case stages.Loaded:
		b[1] = kindLoaded
		b = append(b, e.Value...)
	case stages.Missing:
		b[1] = kindMissing
	default:
		return nil, false
	}
	binary.BigEndian.PutUint64(b[beganAt:], uint64(began))
	binary.BigEndian.PutUint64(b[bornAt:], uint64(e.Born.UnixNano()))
	binary.BigEndian.PutUint64(b[expiresAt:], uint64(e.Expires.UnixNano()))
	binary.BigEndian.PutUint64(b[untilAt:], uint64(e.Until.UnixNano()))
	binary.BigEndian.PutUint32(b[sumAt:], checksum(b))
	return b, true
}

// decode gives the entry that bytes hold, and when its load began. It is false for a tombstone and for whatever encode
// has not made. The value is a copy.
func decode(text string) (e cachetier.Entry, began int64, ok bool) {
	if len(text) < headerLength || text[0] != version {
		return e, 0, false
	}
	b := []byte(text)
	if binary.BigEndian.Uint32(b[sumAt:]) != checksum(b) {
		return e, 0, false
	}
	switch {
	case b[1] == kindLoaded:
		e.State, e.Value = stages.Loaded, b[headerLength:]
	case b[1] == kindMissing && len(b) == headerLength:
		e.State = stages.Missing
	default:
		return e, 0, false
	}
	at := func(i int) time.Time { return time.Unix(0, int64(binary.BigEndian.Uint64(b[i:]))) }
	e.Born, e.Expires, e.Until = at(bornAt), at(expiresAt), at(untilAt)
	return e, int64(binary.BigEndian.Uint64(b[beganAt:])), true
}
