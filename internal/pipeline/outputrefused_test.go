package pipeline_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// guarded is a registry behind a proxy that refuses schemas with a text, and says so.
func guarded(t *testing.T, r *schemas, refuse *atomic.Pointer[string], status int, message string) string {
	t.Helper()
	to, err := url.Parse(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		var body bytes.Buffer
		if q.Body != nil {
			_, _ = body.ReadFrom(q.Body)
		}
		if text := refuse.Load(); text != nil && q.Method == http.MethodPost && strings.Contains(body.String(), *text) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(message))
			return
		}
		q.Body, q.ContentLength = http.NoBody, int64(body.Len())
		if body.Len() > 0 {
			q.Body = readCloser{&body}
		}
		proxy.ServeHTTP(w, q)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

type readCloser struct{ *bytes.Buffer }

func (readCloser) Close() error { return nil }

func TestSchemasThatAreRefusedAtStart(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	r.prefix(t, "events-value", registry.Avro, firstAvro)
	enriched, all := "Enriched", ""
	for name, c := range map[string]struct {
		output  string
		refuse  *string
		status  int
		message string
		want    string
	}{
		"not registered": {
			output: "format: avro", want: "output.register: the schema of the output: subject out-value: ",
		},
		"incompatible": {
			output: "format: avro, register: true", refuse: &enriched, status: http.StatusConflict, message: `{"error_code":409,"message":"the reader has no default"}`,
			want: "output.register: the schema of the output: subject out-value: ",
		},
		"invalid": {
			output: "format: avro, register: true", refuse: &enriched, status: http.StatusUnprocessableEntity, message: `{"error_code":42201,"message":"no schema"}`,
			want: "output.register: the schema of the output: subject out-value: ",
		},
		"unauthorized": {
			output: "format: avro, register: true", refuse: &all, status: http.StatusUnauthorized, message: `{"error_code":401,"message":"who are you"}`, want: "source registry is not usable",
		},
		"no such subject": {
			output: "format: avro, schema: {subject: nothing}", want: "output.schema.subject: ",
		},
		"not derived": {
			output: "format: avro, value: {x: event.vat}", want: "output.schema: x: the schema of the event has no event.vat",
		},
		"a wrong path": {
			output: "format: avro, schema: {not_null: [user.nme], types: {usr: text}}", want: `output.schema.types: the output has no usr`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var refuse atomic.Pointer[string]
			refuse.Store(c.refuse)
			l, err := parse(avroOutput(t, guarded(t, r, &refuse, c.status, c.message), c.output, userStage))
			if err != nil {
				t.Fatal(err)
			}
			_, err = pipeline.Open(t.Context(), l, pipeline.Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want %s", err, c.want)
			}
			if _, is := errors.AsType[*strictyaml.Error](err); is == strings.HasPrefix(c.want, "source") {
				t.Errorf("%T: %v", err, err)
			}
		})
	}
}

// A schema that the registry refuses while a pipeline runs ends the run before anything is published.
func TestASchemaThatIsRefusedLater(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	first := r.prefix(t, "events-value", registry.Avro, firstAvro)
	var refuse atomic.Pointer[string]
	p := openText(t, avroOutput(t, guarded(t, r, &refuse, http.StatusConflict, `{"error_code":409,"message":"the reader has no default"}`), "format: avro, register: true", userStage))
	if _, failures := publishedOf(t, p, loaderline.Record{Topic: "events", Value: encodeAvro(t, first, firstAvro, `{"user_id":1,"amount":1}`)}); len(failures) > 0 {
		t.Fatal(failures)
	}
	second := r.prefix(t, "events-value", registry.Avro, secondAvro)
	note := "note"
	refuse.Store(&note)
	record := loaderline.Record{Topic: "events", Value: encodeAvro(t, second, secondAvro, `{"user_id":1,"at":0,"note":null}`)}
	err := p.Config.Prepare(t.Context(), []*loaderline.Record{&record})
	if !errors.Is(err, registry.ErrIncompatible) || !strings.Contains(err.Error(), "the reader has no default") {
		t.Errorf("%v, want that the schema is refused", err)
	}
	refuse.Store(nil)
	if _, failures := publishedOf(t, p, record); len(failures) > 0 {
		t.Error("it is not asked again", failures)
	}
}

// An event whose schema lacks what the output has is a failure of that event.
func TestAWriterWithoutAField(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	first, second := r.prefix(t, "events-value", registry.Avro, secondAvro), r.prefix(t, "events-value", registry.Avro, firstAvro)
	p := openText(t, avroOutput(t, r.URL(), "format: avro, register: true, value: {amount: event.amount, name: user.name}", userStage))
	published, failures := publishedOf(t, p,
		loaderline.Record{Topic: "events", Value: encodeAvro(t, first, secondAvro, `{"user_id":1,"at":0,"note":null}`)},
		loaderline.Record{Topic: "events", Value: encodeAvro(t, second, firstAvro, `{"user_id":1,"amount":5}`)})
	if want := []string{`{"amount":5.00,"name":"Ada"}`}; !slices.Equal(readBack(t, r, format.Avro, published), want) {
		t.Errorf("published %v", published)
	}
	if len(failures) != 1 || !strings.HasPrefix(failures[0], "encode: the value does not fit the schema of the output: amount: the schema of the event has no event.amount; write its type") {
		t.Errorf("failures: %q", failures)
	}
}
