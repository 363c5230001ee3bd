package bench

import (
	"fmt"
	"iter"

	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/testenv"
)

// input is the events of a topic, and what they are published as.
type input struct {
	testenv.EventsConfig

	avro       bool
	partitions int
	wide       Wide
}

// eventSchema is the schema of an event.
const eventSchema = `{"type":"record","name":"Event","namespace":"shop","fields":[
	{"name":"event_id","type":"string"},{"name":"user_id","type":"long"},{"name":"type","type":"string"},
	{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}`

// all yields the events.
func (in input) all() iter.Seq[testenv.Event] {
	events := in.wide.widen(testenv.Events(in.EventsConfig), in.Users)
	if !in.avro {
		return events
	}
	schema, err := avro.Parse(eventSchema)
	if err != nil {
		panic(err) // It is a constant.
	}
	encoder := schema.Encoder(avro.EncodeOptions{})
	return func(yield func(testenv.Event) bool) {
		for e := range events {
			value, err := encoder.AppendAvro(nil, e.Value)
			if err != nil {
				panic(fmt.Sprintf("event %d is not what its schema says: %v", e.ID, err))
			}
			e.Value = value
			if !yield(e) {
				return
			}
		}
	}
}
