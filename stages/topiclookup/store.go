package topiclookup

import (
	"time"

	"github.com/loaderline/loaderline/internal/topicfollow"
	"github.com/loaderline/loaderline/stages/lookup"
)

// store holds what is stored for each key: a row, or a history of rows. Its methods are called by the goroutine that reads the topic,
// but get and size, which are called by others while nothing is committed.
type store interface {
	// get calls found for each key that has something. What it gives is never changed.
	get(keys []lookup.Key, found func(i int, stored []byte)) error
	// prepare makes changes ready, with the place up to which the topic is then applied. commit makes them seen, and for good.
	prepare(changes []change, at place) (commit func() error, err error)
	// each calls do with everything, which do must neither keep nor change.
	each(do func(key, stored []byte) error) error
	// clear removes everything, the place included.
	clear() error
	// place is the last one; zero if there is none.
	place() (place, error)
	// size is the number of keys, or unknownKeys, and the memory or the disk space that they take, in bytes.
	size() (keys, bytes int64)
	close() error
}

// unknownKeys is the number of keys of a store that does not count them.
const unknownKeys = -1

// place is up to where a topic has been applied to a store.
type place struct {
	// Topic is the ID of the topic.
	Topic string
	// Next are the offsets of the next records, by partition.
	Next map[int32]int64
	// Current is the time up to which all records that were committed have been applied. Before that is known, it is when the reading
	// from the start of the topic began: tombstones of later have to be seen all the same.
	Current time.Time
}

// positions are the place as a Follower has it.
func (p place) positions(topic string) topicfollow.Positions {
	at := topicfollow.Positions{}
	for number, offset := range p.Next {
		at[partition(topic, number)] = offset
	}
	return at
}

// openStore opens what holds the rows.
func openStore(cfg Config) (store, error) {
	if cfg.Dir != "" {
		return openDisk(cfg)
	}
	return newMemory(cfg.MaxBytes), nil
}
