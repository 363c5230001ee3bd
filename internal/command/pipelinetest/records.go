package pipelinetest

import (
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/internal/testfile"
)

// partition is a partition of an input topic.
type partition struct {
	topic  string
	number int32
}

// position is where a record of the input is. No two events of a test have the same.
type position struct {
	partition

	offset int64
}

// records makes the input records of each test, as they would come from the input topics.
func records(topics []string, file *testfile.File) ([][]*kgo.Record, error) {
	var problems []error
	all := make([][]*kgo.Record, len(file.Tests))
	for i, t := range file.Tests {
		next := map[partition]int64{} // the lowest offset that is free
		for _, e := range t.Events {
			r, err := record(e, topics, next)
			if err != nil {
				problems = append(problems, err)
				continue
			}
			all[i] = append(all[i], r)
		}
	}
	return all, strictyaml.Join(problems)
}

// record makes a record of an event, and moves next behind it.
func record(e testfile.Event, topics []string, next map[partition]int64) (*kgo.Record, error) {
	at := partition{topics[0], e.Partition}
	if e.Topic != "" {
		at.topic = e.Topic
	}
	if !slices.Contains(topics, at.topic) {
		hint := "; input.topics has " + strings.Join(topics, ", ")
		if near, ok := strictyaml.Nearest(at.topic, topics); ok {
			hint = "; did you mean " + near + "?"
		}
		return nil, e.TopicNode.Errorf("%q is not an input topic of the pipeline%s", at.topic, hint)
	}
	offset := next[at]
	if e.Offset != nil {
		if *e.Offset < offset {
			return nil, e.OffsetNode.Errorf("offset %d is not behind offset %d, which the event before in its partition has; offsets rise, as in a topic", *e.Offset, offset-1)
		}
		offset = *e.Offset
	}
	next[at] = offset + 1
	r := &kgo.Record{Topic: at.topic, Partition: at.number, Offset: offset, Key: e.Key, Value: e.Value, Timestamp: e.Timestamp}
	if r.Timestamp.IsZero() {
		r.Timestamp = time.Unix(0, 0)
	}
	for _, h := range e.Headers {
		header := kgo.RecordHeader{Key: h.Name}
		if h.Value != nil {
			header.Value = []byte(*h.Value)
		}
		r.Headers = append(r.Headers, header)
	}
	return r, nil
}

func positionOf(r kgo.Record) position {
	return position{partition{r.Topic, r.Partition}, r.Offset}
}

func header(r *kgo.Record, name string) (string, bool) {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value), true
		}
	}
	return "", false
}
