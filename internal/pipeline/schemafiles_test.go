package pipeline_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/internal/safeerr"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/stages"
)

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
