package chaos

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/loaderline/loaderline/testenv"
)

// The schemas of the two writers. Events of both are about users, and look different as bytes and as JSON.
const (
	firstSchema = `{"type":"record","name":"PageView","fields":[
		{"name":"event_id","type":"string"},
		{"name":"user_id","type":"long"},
		{"name":"type","type":{"type":"enum","name":"Type","symbols":["page_view"]}},
		{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}`
	secondSchema = `{"type":"record","name":"PageView","fields":[
		{"name":"user_id","type":"long"},
		{"name":"event_id","type":"string"},
		{"name":"note","type":["null","string"],"default":null},
		{"name":"type","type":{"type":"enum","name":"Type","symbols":["page_view"]}},
		{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}`
)

// occurredAt is when all events occurred.
var occurredAt = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

// pageView is an event of either writer.
type pageView struct {
	Event      string    `avro:"event_id"`
	User       int64     `avro:"user_id"`
	Note       *string   `avro:"note"`
	Type       string    `avro:"type"`
	OccurredAt time.Time `avro:"occurred_at"`
}

// writer writes values of one schema.
type writer struct {
	prefix []byte // of each value: the schema's ID
	schema *avro.Schema
	json   func(pageView) []byte // the event as outputs hold it
}

// writers publish events in Avro, with the schemas of a registry. The second begins to publish when it is told to.
type writers struct {
	first, second writer
	both          atomic.Bool
}

// newWriters registers the schemas of both writers.
func newWriters(ctx context.Context, url, topic string) (*writers, error) {
	client, err := sr.NewClient(sr.URLs(url))
	if err != nil {
		return nil, err
	}
	register := func(text string, json func(pageView) []byte) (writer, error) {
		id, err := client.RegisterSchema(ctx, topic+"-value", sr.Schema{Schema: text}, -1, -1)
		if err != nil {
			return writer{}, fmt.Errorf("registering a schema for %s: %w", topic, err)
		}
		schema, err := avro.Parse(text)
		return writer{prefix: binary.BigEndian.AppendUint32([]byte{0}, uint32(id)), schema: schema, json: json}, err
	}
	var w writers
	w.first, err = register(firstSchema, func(v pageView) []byte {
		return fmt.Appendf(nil, `{"event_id":%q,"user_id":%d,"type":%q,"occurred_at":%q}`, v.Event, v.User, v.Type, v.OccurredAt.UTC().Format(time.RFC3339))
	})
	if err != nil {
		return nil, err
	}
	w.second, err = register(secondSchema, func(v pageView) []byte {
		return fmt.Appendf(nil, `{"user_id":%d,"event_id":%q,"note":%q,"type":%q,"occurred_at":%q}`, v.User, v.Event, *v.Note, v.Type, v.OccurredAt.UTC().Format(time.RFC3339))
	})
	return &w, err
}

// event is testenv.NewEvent in Avro. Every other event is of the second writer once there are both.
func (w *writers) event(id int, user int64) testenv.Event {
	e := testenv.NewEvent(id, user)
	of := &w.first
	if id%2 == 1 && w.both.Load() {
		of = &w.second
	}
	note := fmt.Sprint("note ", id)
	value, err := of.schema.AppendEncode(bytes.Clone(of.prefix), pageView{
		Event: fmt.Sprint("e-", id), User: user, Note: &note, Type: "page_view", OccurredAt: occurredAt,
	})
	if err != nil {
		panic(err) // The schemas are constants.
	}
	e.Value = value
	return e
}

// decode returns the JSON text of a value of either writer, and any other value as it is.
func (w *writers) decode(value []byte) []byte {
	for _, of := range []*writer{&w.first, &w.second} {
		body, is := bytes.CutPrefix(value, of.prefix)
		if !is {
			continue
		}
		var v pageView
		if rest, err := of.schema.Decode(body, &v); err == nil && len(rest) == 0 {
			return of.json(v)
		}
	}
	return value
}

// registryKilled kills the registry. Then the second writer begins, whose schema no process can know.
var registryKilled = Fault{
	Name: "registry kill -9",
	Inject: func(_ context.Context, r *Round) error {
		err := r.registry.Kill()
		r.writers.both.Store(true)
		return err
	},
	Heal: func(ctx context.Context, r *Round) error { return r.registry.Start(ctx) },
}

// startRegistry starts the round's registry, with the schemas of its writers.
func (r *Round) startRegistry(ctx context.Context) (err error) {
	if r.registry, err = testenv.StartRegistry(ctx); err != nil {
		return err
	}
	r.writers, err = newWriters(ctx, r.registry.Address(), r.input)
	return err
}

// stopRegistry ends the round's registry, if there is one.
func (r *Round) stopRegistry() error {
	if r.registry == nil {
		return nil
	}
	return r.registry.Close()
}
