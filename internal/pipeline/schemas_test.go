package pipeline_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/devregistry"
	"github.com/loaderline/loaderline/internal/devregistry/devregistrytest"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/registry"
)

const (
	firstAvro  = `{"type":"record","name":"Event","fields":[{"name":"user_id","type":"long"},{"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]}`
	secondAvro = `{"type":"record","name":"Event","fields":[{"name":"user_id","type":"long"},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"note","type":["null","string"]}]}`
	keyAvro    = `{"type":"record","name":"Key","fields":[{"name":"id","type":"int"}]}`
	eventProto = "syntax = \"proto3\";\npackage shop;\nmessage Other { int32 x = 1; }\nmessage Event { int64 user_id = 1; string note = 2; }\n"
)

// schemas is a registry, with the IDs of registered schemas.
type schemas struct {
	*devregistry.Registry

	client *registry.Client
}

func startRegistry(t *testing.T) *schemas {
	t.Helper()
	server, client := devregistrytest.Start(t)
	return &schemas{server, client}
}

// prefix registers a schema, and returns what its values begin with.
func (s *schemas) prefix(t *testing.T, subject string, kind registry.Type, text string) []byte {
	t.Helper()
	r, err := s.client.Register(t.Context(), subject, &registry.Schema{Type: kind, Text: text}, false)
	if err != nil {
		t.Fatal(err)
	}
	var id uint32
	if _, err := fmt.Sscan(r.ID.Text(), &id); err != nil {
		t.Fatal(err)
	}
	return binary.BigEndian.AppendUint32([]byte{0}, id)
}

func encodeAvro(t *testing.T, prefix []byte, schema, json string) []byte {
	t.Helper()
	s, err := avro.Parse(schema)
	if err != nil {
		t.Fatal(err)
	}
	value, err := s.Encoder(avro.EncodeOptions{}).AppendAvro(prefix, []byte(json))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// withRegistry is a file with a registry.
func withRegistry(t *testing.T, url, input, stages string) string {
	t.Helper()
	return with(input, "", shopFile(t), stages) + "\nregistry: {url: \"" + url + "\"}\n"
}

func openText(t *testing.T, text string) *pipeline.Pipeline {
	t.Helper()
	l, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return openLayout(t, l)
}

// decoded prepares and enriches records.
func decoded(t *testing.T, p *pipeline.Pipeline, records ...loaderline.Record) []string {
	t.Helper()
	var all []*loaderline.Record
	for i := range records {
		all = append(all, &records[i])
	}
	if err := p.Config.Prepare(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	return enrichRecords(t, p, records...)
}

func TestAvroOfARegistry(t *testing.T) {
	r := startRegistry(t)
	first, second := r.prefix(t, "events-value", registry.Avro, firstAvro), r.prefix(t, "events-value", registry.Avro, secondAvro)
	key := r.prefix(t, "events-key", registry.Avro, keyAvro)
	p := openText(t, withRegistry(t, r.URL(), ", format: avro, key_format: avro", userStage+`
  plan: {source: shop, by: record.key.id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}`))
	record := func(value []byte) loaderline.Record {
		return loaderline.Record{Topic: "events", Key: encodeAvro(t, key, keyAvro, `{"id":3}`), Value: value}
	}
	whole := encodeAvro(t, second, secondAvro, `{"user_id":2,"at":"2026-01-02T03:04:05.006Z","note":"x"}`)
	got := decoded(
		t, p,
		record(encodeAvro(t, first, firstAvro, `{"user_id":1,"amount":12.30}`)),
		record(whole),
		record(whole[:len(whole)-1]),
		record(append(slices.Clip(whole), 7)),
		record([]byte(`{"user_id":1}`)),
		record([]byte{0, 0, 0, 0, 77, 1}),
		loaderline.Record{Topic: "events", Value: whole, Headers: []kgo.RecordHeader{{Key: "__value_schema_id", Value: first}}},
		loaderline.Record{Topic: "events", Key: []byte("text"), Value: whole},
	)
	const plan = `"plan":{"id":3,"name":"Edsger"}}`
	want := []string{
		`{"event":{"user_id":1,"amount":12.30},"user":{"id":1,"name":"Ada"},` + plan,
		`{"event":{"user_id":2,"at":"2026-01-02T03:04:05.006Z","note":"x"},"user":{"id":2,"name":"Grace \"G\""},` + plan,
		"decode: ", "decode: ", "decode: it has no schema ID: it begins with", "decode: schema ID 77: the registry has no schema of this ID",
		"decode: ", "decode: the record's key cannot be read: it has no schema ID",
	}
	for i := range want {
		if strings.HasPrefix(want[i], "{") && got[i] != want[i] || !strings.HasPrefix(got[i], want[i]) || got[i] == want[i] && want[i] == "decode: " {
			t.Errorf("%d: got  %s\nwant %s", i, got[i], want[i])
		}
	}
}

func TestProtobufOfARegistry(t *testing.T) {
	r := startRegistry(t)
	prefix := r.prefix(t, "events-value", registry.Protobuf, eventProto)
	s, err := protobuf.Parse(map[string]string{"a.proto": eventProto}, "a.proto")
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Message("Event")
	if err != nil {
		t.Fatal(err)
	}
	body, err := m.Encoder(protobuf.EncodeOptions{}).AppendProto(nil, []byte(`{"user_id":1,"note":"hi"}`))
	if err != nil {
		t.Fatal(err)
	}
	p := openText(t, withRegistry(t, r.URL(), ", format: protobuf", userStage))
	indexed := append(protobuf.AppendIndex(slices.Clip(prefix), m.Index()), body...)
	named := append(protobuf.AppendRef(slices.Clip(prefix), "Event"), body...)
	wrong := append(protobuf.AppendIndex(slices.Clip(prefix), []int{7}), body...)
	const want = `{"event":{"user_id":1,"note":"hi"},"user":{"id":1,"name":"Ada"}}`
	got := decoded(t, p, loaderline.Record{Value: indexed}, loaderline.Record{Value: named}, loaderline.Record{Value: wrong})
	if got[0] != want || got[1] != want || !strings.HasPrefix(got[2], "decode: ") {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
}

func TestJSONSchemaOfARegistry(t *testing.T) {
	r := startRegistry(t)
	prefix := r.prefix(t, "events-value", registry.JSON, `{"type":"object"}`)
	p := openText(t, withRegistry(t, r.URL(), ", format: json_schema", userStage))
	got := decoded(t, p, loaderline.Record{Value: append(prefix, `{ "user_id":1.0 }`...)}, loaderline.Record{Value: []byte(`{}`)})
	if got[0] != `{"event":{ "user_id":1.0 },"user":{"id":1,"name":"Ada"}}` || !strings.Contains(got[1], "looks like JSON; set input.format to json") {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
}
