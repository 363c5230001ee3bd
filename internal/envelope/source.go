package envelope

import (
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/sink"
)

// Coordinates are where a record is.
type Coordinates struct {
	Topic     string
	Partition int32
	Offset    int64
}

// CoordinatesOf returns where a record is.
func CoordinatesOf(r *kgo.Record) Coordinates { return Coordinates{r.Topic, r.Partition, r.Offset} }

// SourceCoordinates returns what the headers of a published record say about its input record, in the full form or the short one. It
// returns false if they do not say it.
func SourceCoordinates(r *kgo.Record) (Coordinates, bool) {
	topic, partition, offset := lastHeader(r.Headers, sink.HeaderSourceTopic), lastHeader(r.Headers, sink.HeaderSourcePartition), lastHeader(r.Headers, sink.HeaderSourceOffset)
	if topic == "" {
		// Names of topics have no slash.
		var rest string
		topic, rest, _ = strings.Cut(lastHeader(r.Headers, sink.HeaderSource), "/")
		partition, offset, _ = strings.Cut(rest, "/")
	}
	p, err1 := strconv.ParseInt(partition, 10, 32)
	o, err2 := strconv.ParseInt(offset, 10, 64)
	return Coordinates{topic, int32(p), o}, topic != "" && err1 == nil && err2 == nil
}

// sourceHeaders is the largest number of headers that source appends.
func (a *arena) sourceHeaders(form sink.Source) int {
	n := 0
	if a.replay != nil {
		n++
	}
	switch form {
	case sink.SourceShort:
		n++
	case sink.SourceFull:
		n += fullSourceHeaders
	case sink.SourceNone:
	}
	return n
}

// source appends where src came from, and by which replay.
func (a *arena) source(to []kgo.RecordHeader, src *kgo.Record, form sink.Source) []kgo.RecordHeader {
	if a.replay != nil {
		to = append(to, kgo.RecordHeader{Key: sink.HeaderReplay, Value: a.replay})
	}
	switch form {
	case sink.SourceShort:
		place := a.place(src)
		a.room(len(place) + maxNumber)
		at := len(a.text.used)
		a.text.used = strconv.AppendInt(append(a.text.used, place...), src.Offset, 10)
		return append(to, kgo.RecordHeader{Key: sink.HeaderSource, Value: a.since(at)})
	case sink.SourceFull:
		place := a.place(src)
		topic, partition := len(src.Topic), len(place)-1 // Where they end.
		return append(to,
			kgo.RecordHeader{Key: sink.HeaderSourceTopic, Value: place[:topic:topic]},
			kgo.RecordHeader{Key: sink.HeaderSourcePartition, Value: place[topic+1 : partition : partition]},
			kgo.RecordHeader{Key: sink.HeaderSourceOffset, Value: a.number(src.Offset)},
			kgo.RecordHeader{Key: sink.HeaderSourceTimestamp, Value: a.number(src.Timestamp.UnixMilli())},
		)
	default:
		return to
	}
}

// place returns topic/partition/ of a record. Neighbours mostly share both, and then the text.
func (a *arena) place(src *kgo.Record) []byte {
	if a.placeText == nil || a.topic != src.Topic || a.partition != src.Partition {
		a.topic, a.partition = src.Topic, src.Partition
		a.room(len(src.Topic) + maxNumber + len("//"))
		at := len(a.text.used)
		a.text.used = append(append(a.text.used, src.Topic...), '/')
		a.text.used = append(strconv.AppendInt(a.text.used, int64(src.Partition), 10), '/')
		a.placeText = a.since(at)
	}
	return a.placeText
}
