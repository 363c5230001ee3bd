package pipeline_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/testenv"
)

// strict makes a real registry keep a subject compatible.
func strict(t *testing.T, url, subject string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"/config/"+subject, bytes.NewReader([]byte(`{"compatibility":"BACKWARD"}`)))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v", response.Status, err)
	}
}

// A real registry gives each derived schema its ID, keeps it through restarts, and refuses what is not compatible: at the start, and when an
// event with a new schema comes.
func TestOutputsOfARealRegistry(t *testing.T) {
	t.Parallel()
	for f, format := range map[format.Format]string{format.Avro: "avro", format.Protobuf: "protobuf", format.JSONSchema: "json_schema"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			url, topic := testenv.Registry(t), strings.ToLower(rand.Text())
			client, err := registry.Open(registry.Config{URLs: []string{url}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			file := func(output string) string {
				text := with("", "format: "+format+", "+output, shopFile(t), userStage) + "\nregistry: {url: \"" + url + "\"}\n"
				return strings.Replace(text, "topic: out,", "topic: "+topic+",", 1)
			}
			const value = "value: {id: user.id, name: user.name}"
			l, err := parse(file(value))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := pipeline.Open(t.Context(), l, pipeline.Options{}); err == nil || !strings.Contains(err.Error(), "output.register: ") {
				t.Errorf("without its schema: %v", err)
			}
			r := &schemas{client: client}
			for _, register := range []string{"register: true, ", ""} {
				p := openText(t, file(register+value))
				published, failures := publishedOf(t, p, loaderline.Record{Topic: "events", Value: []byte(`{"user_id":1}`)})
				if len(failures) > 0 {
					t.Fatal(failures)
				}
				if diff := cmp.Diff([]string{`{"id":1,"name":"Ada"}`}, readBack(t, r, f, published)); diff != "" {
					t.Error(diff)
				}
			}
			if got, err := client.Latest(t.Context(), topic+"-value"); err != nil || got.Version != 1 {
				t.Errorf("%+v, %v", got, err)
			}
			strict(t, url, topic+"-value")
			if format != "json_schema" { // A member more is not compatible there.
				reordered(t, r, f, topic, file("register: true, value: {again: user.name, name: user.name, id: user.id}"))
			}
			other := "schema: {types: {id: boolean}}, register: true, value: {id: user.id, more: user.name}"
			if l, err = parse(file(other)); err != nil {
				t.Fatal(err)
			}
			_, err = pipeline.Open(t.Context(), l, pipeline.Options{})
			if _, is := errors.AsType[*strictyaml.Error](err); !is || !strings.Contains(err.Error(), topic+"-value") {
				t.Errorf("an incompatible schema: %v", err)
			}
		})
	}
}

// reordered checks that a value with the members that a subject has, in another order, and one more is compatible, and has their field numbers.
func reordered(t *testing.T, r *schemas, f format.Format, topic, text string) {
	t.Helper()
	published, failures := publishedOf(t, openText(t, text), loaderline.Record{Topic: "events", Value: []byte(`{"user_id":1}`)})
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	if got := readBack(t, r, f, published)[0]; !strings.Contains(got, `"id":1`) || !strings.Contains(got, `"name":"Ada"`) || !strings.Contains(got, `"again":"Ada"`) {
		t.Errorf("members in another order: %s", got)
	}
	latest, err := r.client.Latest(t.Context(), topic+"-value")
	if err != nil || latest.Version != 2 || f == format.Protobuf && !strings.Contains(latest.Schema.Text, "again = 3") {
		t.Errorf("the second version: %+v, %v", latest, err)
	}
}

// A new schema of the events whose output the registry does not accept ends the run.
func TestARealRegistryRefusesAWriter(t *testing.T) {
	t.Parallel()
	url, topic := testenv.Registry(t), strings.ToLower(rand.Text())
	client, err := registry.Open(registry.Config{URLs: []string{url}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r := &schemas{client: client}
	const changed = `{"type":"record","name":"Event","fields":[{"name":"user_id","type":"long"},{"name":"amount","type":"boolean"}]}`
	first, second := r.prefix(t, topic+"-events-value", registry.Avro, firstAvro), r.prefix(t, topic+"-other-value", registry.Avro, changed)
	text := avroOutput(t, url, "format: avro, register: true", userStage)
	p := openText(t, strings.NewReplacer("topic: out,", "topic: "+topic+",", "topics: [events]", "topics: ["+topic+"-nothing]").Replace(text))
	record := loaderline.Record{Topic: "events", Value: encodeAvro(t, first, firstAvro, `{"user_id":1,"amount":1}`)}
	published, failures := publishedOf(t, p, record)
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	if diff := cmp.Diff([]string{`{"event":{"user_id":1,"amount":1.00},"user":{"id":1,"name":"Ada"}}`}, readBack(t, r, format.Avro, published)); diff != "" {
		t.Error(diff)
	}
	strict(t, url, topic+"-value")
	refused := loaderline.Record{Topic: "events", Value: encodeAvro(t, second, changed, `{"user_id":1,"amount":true}`)}
	if err := p.Config.Prepare(t.Context(), []*loaderline.Record{&record, &refused}); !errors.Is(err, registry.ErrIncompatible) {
		t.Errorf("%v, want that the schema is refused", err)
	}
}
