package pipeline_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/devregistry"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/internal/safeerr"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/stages"
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
	server, err := devregistry.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	client, err := registry.Open(registry.Config{URLs: []string{server.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
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

func TestSchemaFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	avsc, proto := write("event.avsc", firstAvro), write("event.proto", eventProto)
	importing := write("importing.proto", "syntax = \"proto3\";\nimport \"common/user.proto\";\nimport \"google/protobuf/timestamp.proto\";\nmessage Event { User user = 1; google.protobuf.Timestamp at = 2; }\n")
	write("common/user.proto", "syntax = \"proto3\";\nmessage User { int64 id = 1; }\n")
	body := encodeAvro(t, nil, firstAvro, `{"user_id":1,"amount":0.5}`)
	p := openWith(t, fmt.Sprintf(", format: avro, schema: %q, decimals: string", avsc), "", userStage)
	if got := enrichRecords(t, p, loaderline.Record{Value: body})[0]; got != `{"event":{"user_id":1,"amount":"0.50"},"user":{"id":1,"name":"Ada"}}` {
		t.Error(got)
	}
	if got := enrichRecords(t, p, loaderline.Record{Value: []byte("Obj\x01xxxxxxxxxx")})[0]; !strings.Contains(got, "object container") {
		t.Error(got)
	}
	p = openWith(t, fmt.Sprintf(", format: avro, schema: %q, id: confluent", avsc), "", userStage)
	if got := enrichRecords(t, p, loaderline.Record{Value: append([]byte{0, 0, 0, 0, 9}, body...)})[0]; got != `{"event":{"user_id":1,"amount":0.50},"user":{"id":1,"name":"Ada"}}` {
		t.Error(got)
	}
	p = openWith(t, fmt.Sprintf(", format: protobuf, schema: %q, message: shop.Event, int64: string", proto), "", userStage)
	if got := enrichRecords(t, p, loaderline.Record{Value: []byte{8, 1}})[0]; got != `{"event":{"user_id":"1","note":""},"user":{"id":1,"name":"Ada"}}` {
		t.Error(got)
	}
	p = openWith(t, fmt.Sprintf(", format: protobuf, schema: %q", importing), "", strings.Replace(userStage, "event.user_id", "event.user.id", 1))
	if got := enrichRecords(t, p, loaderline.Record{Value: []byte{10, 2, 8, 3}})[0]; got != `{"event":{"user":{"id":3}},"user":{"id":3,"name":"Edsger"}}` {
		t.Error(got)
	}
	for _, c := range []struct{ input, want string }{
		{fmt.Sprintf(", format: avro, schema: %q", proto), "input.schema: "},
		{fmt.Sprintf(", format: avro, schema: %q", filepath.Join(dir, "no.avsc")), "input.schema: "},
		{fmt.Sprintf(", format: avro, schema: %q", write("text.avsc", `"string"`)), "input.schema: its values are string, and an event is an object: a record or a map"},
		{fmt.Sprintf(", format: json_schema, schema: %q", write("cut.json", `{"type": "obj`)), "input.schema: it is no JSON Schema: it is not JSON"},
		{fmt.Sprintf(", format: protobuf, schema: %q", proto), "input.schema: the file has several messages"},
		{fmt.Sprintf(", format: protobuf, schema: %q, message: Evnt", proto), "input.schema: "},
		{", format: avro", "input.format: nothing has the schemas of values in avro; add registry"},
		{", key_format: protobuf", "input.key_format: nothing has the schemas of keys in protobuf"},
		{", schema: x.avsc", "input.schema: is for values with a schema"},
		{", id: none", "input.id: is for values with a schema"},
	} {
		if _, err := parse(with(c.input, "", "shop.db", userStage)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.input, err, c.want)
		}
	}
}

// An outage of the registry stops a run. It is no fault of a record.
func TestARegistryThatIsAway(t *testing.T) {
	r := startRegistry(t)
	value := encodeAvro(t, r.prefix(t, "events-value", registry.Avro, firstAvro), firstAvro, `{"user_id":1,"amount":12.30}`)
	p := openText(t, withRegistry(t, r.URL(), ", format: avro", userStage))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Config.Prepare(t.Context(), []*loaderline.Record{{Value: value}}); !errors.Is(err, stages.ErrOutage) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(nil, p.Config.Prepare(t.Context(), []*loaderline.Record{{}, {Value: []byte("x")}})); diff != "" {
		t.Error(diff)
	}
}

// A registry that will never answer ends Open with an error at the key of the file.
func TestOpenNamesTheKeyOfARegistry(t *testing.T) {
	for status, want := range map[int]string{
		http.StatusUnauthorized: "registry: registry ", http.StatusForbidden: "registry: registry ", http.StatusNotFound: "registry.url: registry ",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		l, err := parse(withRegistry(t, server.URL, ", format: avro", userStage))
		if err != nil {
			t.Fatal(err)
		}
		p, err := pipeline.Open(t.Context(), l, pipeline.Options{})
		if err == nil {
			t.Fatalf("%d: no error, but %v", status, p.Close())
		}
		if placed, is := errors.AsType[*strictyaml.Error](err); !is || !strings.Contains(placed.Error(), want) {
			t.Errorf("%d: got %v, want a *strictyaml.Error with %q", status, err, want)
		}
	}
}

// What the log keeps of an error of the registry still says what to do.
func TestAdviceAboutTheRegistryIsLogged(t *testing.T) {
	for _, c := range []struct {
		status         int
		location, body string
		want           string
	}{
		{http.StatusUnauthorized, "", "", "schemas of records: schema: schema ID …: registry … answered 401 Unauthorized: no response; check registry.basic, registry.token or registry.tls, and what the user may do"},
		{http.StatusForbidden, "", "", "answered 403 Forbidden: no response; check registry.basic, registry.token or registry.tls, and what the user may do"},
		{http.StatusNotFound, "", "", "answered 404 Not Found, which is not how a registry answers; check the path of registry.url (that of Apicurio ends with /apis/ccompat/v7)"},
		{http.StatusFound, "http://127.0.0.1:1/elsewhere", "", "redirects to …; set registry.url to the URL that it leads to"},
		{http.StatusOK, "", "<html>", "answered with a page of HTML; check registry.url"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/schemas/types" { // Open asks for it, and wants an answer.
				_, _ = w.Write([]byte("[]"))
				return
			}
			w.Header().Set("Location", c.location)
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		t.Cleanup(server.Close)
		p := openText(t, withRegistry(t, server.URL, ", format: avro", userStage))
		err := p.Config.Prepare(t.Context(), []*loaderline.Record{{Value: []byte{0, 0, 0, 0, 7, 1}}})
		if err == nil {
			t.Fatalf("%d: no error", c.status)
		}
		if got := safeerr.NewWords(p.Config.LogWords...).Text(err.Error()); !strings.Contains(got, c.want) {
			t.Errorf("%d:\n got %s\nwant %s", c.status, got, c.want)
		}
	}
}
