package deadletter

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/topicread"
	"github.com/loaderline/loaderline/sink"
)

// Coordinates are the place of a record in a topic that is known.
type Coordinates struct {
	Partition int32 `json:"partition"`
	Offset    int64 `json:"offset"`
}

// String writes coordinates as they are read.
func (c Coordinates) String() string { return fmt.Sprintf("%d:%d", c.Partition, c.Offset) }

// ParseCoordinates reads PARTITION:OFFSET.
func ParseCoordinates(text string) (Coordinates, error) {
	partition, offset, _ := strings.Cut(text, ":")
	p, err := strconv.ParseInt(partition, 10, 32)
	o, offsetErr := strconv.ParseInt(offset, 10, 64)
	if err != nil || offsetErr != nil || p < 0 || o < 0 {
		return Coordinates{}, fmt.Errorf("%q is not the position of a dead letter; write PARTITION:OFFSET, such as 0:12, as dlq list prints them", text)
	}
	return Coordinates{Partition: int32(p), Offset: o}, nil
}

// Place is where a record was, and when.
type Place struct {
	Topic string
	Coordinates
	Time time.Time // its timestamp
}

// Letter is a dead letter.
type Letter struct {
	Coordinates
	// Record is the dead letter itself.
	Record *kgo.Record
	// Decoded is what its key and value look like. Read leaves it empty.
	Decoded topicread.Decoded
	State   State
	// Entry is the ledger entry, if there is one.
	Entry Entry

	Pipeline, Version                        string
	Kind, Stage, Code, Message               string
	Attempts                                 int64
	FirstAt, LastAt                          string
	Source                                   Place
	Origin                                   Place // of a record that was redriven before; without Topic where it was not
	Redrives                                 int64
	ValueDropped, KeyDropped, HeadersDropped bool
}

// parse reads what the headers say. Inputs are the pipeline's topics: an origin or a number of redrives that another
// pipeline has left in the event says nothing about this one.
func parse(r *kgo.Record, inputs []string) Letter {
	l := Letter{Coordinates: Coordinates{Partition: r.Partition, Offset: r.Offset}, Record: r, State: Open}
	h := headers(r)
	l.Pipeline, l.Version = h[sink.HeaderPipeline], h[sink.HeaderVersion]
	l.Kind, l.Stage, l.Code, l.Message = h[sink.HeaderErrorKind], h[sink.HeaderErrorStage], h[sink.HeaderErrorCode], h[sink.HeaderErrorMessage]
	l.Attempts, l.FirstAt, l.LastAt = number(h[sink.HeaderErrorAttempts]), h[sink.HeaderErrorFirstAt], h[sink.HeaderErrorLastAt]
	l.Source = place(h[sink.HeaderSourceTopic], h[sink.HeaderSourcePartition], h[sink.HeaderSourceOffset], h[sink.HeaderSourceTimestamp])
	if topic := h[sink.HeaderOriginTopic]; slices.Contains(inputs, topic) {
		l.Origin = place(topic, h[sink.HeaderOriginPartition], h[sink.HeaderOriginOffset], h[sink.HeaderOriginTimestamp])
		l.Redrives = number(h[sink.HeaderRedrives])
	}
	_, l.ValueDropped = h[sink.HeaderValueDropped]
	_, l.KeyDropped = h[sink.HeaderKeyDropped]
	_, l.HeadersDropped = h[sink.HeaderHeadersDropped]
	return l
}

// First is where the record was when it failed first.
func (l Letter) First() Place {
	if l.Origin.Topic != "" {
		return l.Origin
	}
	return l.Source
}

func headers(r *kgo.Record) map[string]string {
	all := make(map[string]string, len(r.Headers))
	for _, h := range r.Headers {
		if strings.HasPrefix(h.Key, sink.Prefix) {
			all[h.Key] = string(h.Value)
		}
	}
	return all
}

// place is a place as headers have it. What is not a number is -1, which is nowhere.
func place(topic, partition, offset, timestamp string) Place {
	p := Place{Topic: topic, Coordinates: Coordinates{Partition: -1, Offset: -1}}
	if n, err := strconv.ParseInt(partition, 10, 32); err == nil {
		p.Partition = int32(n)
	}
	if n, err := strconv.ParseInt(offset, 10, 64); err == nil {
		p.Offset = n
	}
	p.Time = time.UnixMilli(number(timestamp)).UTC()
	return p
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
