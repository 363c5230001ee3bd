package pipeline_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/internal/runscope"
)

// publishedOf prepares records and returns what becomes of each: the records, or the failure.
func publishedOf(t *testing.T, p *pipeline.Pipeline, records ...loaderline.Record) (all [][]loaderline.Record, failures []string) {
	t.Helper()
	var (
		read      []*loaderline.Record
		documents []jsonenrich.Document
	)
	for i := range records {
		read = append(read, &records[i])
	}
	if p.Config.Prepare != nil {
		if err := p.Config.Prepare(t.Context(), read); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range records {
		d, err := p.Config.Decode(r)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, d)
	}
	ctx, scope := runscope.New(context.Background(), len(documents))
	defer scope.Release()
	rows := p.Config.Plan.Run(ctx, documents)
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for i := range documents {
		made, err := p.Config.Encode(rows.At(i))
		if err != nil {
			failures = append(failures, err.Error())
		}
		made = slices.Clone(made)
		for i := range made {
			made[i].Headers = slices.Clone(made[i].Headers)
		}
		all = append(all, made)
	}
	for _, made := range all {
		for i := range made {
			made[i].Value = bytes.Clone(made[i].Value) // Values are whole until all are encoded.
		}
	}
	return all, failures
}

// readBack returns the JSON of values that have a schema of the registry.
func readBack(t *testing.T, r *schemas, f format.Format, published [][]loaderline.Record) []string {
	t.Helper()
	d := codec.NewDecoder(codec.Config{Format: f, Registry: r.client})
	var lines []string
	for _, records := range published {
		for i := range records {
			if err := d.Prepare(t.Context(), []*loaderline.Record{&records[i]}); err != nil {
				t.Fatal(err)
			}
			v, err := d.Decode(nil, records[i].Value, records[i].Headers)
			if err != nil {
				t.Fatalf("%x: %v", records[i].Value, err)
			}
			lines = append(lines, string(v.JSON))
		}
	}
	return lines
}

// avroOutput is a pipeline from Avro to Avro.
func avroOutput(t *testing.T, url, output, stages string) string {
	t.Helper()
	return with(", format: avro", output, shopFile(t), stages) + "\nregistry: {url: \"" + url + "\"}\n"
}

func TestAvroToAvro(t *testing.T) {
	t.Parallel()
	for name, output := range map[string]string{"prefix": "format: avro, register: true", "header": "format: avro, register: true, id: header"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startRegistry(t)
			first, second := r.prefix(t, "events-value", registry.Avro, firstAvro), r.prefix(t, "events-value", registry.Avro, secondAvro)
			p := openText(t, avroOutput(t, r.URL(), output, purchasesOfUsers))
			published, failures := publishedOf(t, p,
				loaderline.Record{Topic: "events", Value: encodeAvro(t, first, firstAvro, `{"user_id":1,"amount":12.30}`)},
				loaderline.Record{Topic: "events", Value: encodeAvro(t, second, secondAvro, `{"user_id":9,"at":"2026-01-02T03:04:05.006Z","note":"x"}`)},
				loaderline.Record{Topic: "events", Value: encodeAvro(t, first, firstAvro, `{"user_id":3,"amount":0.00}`)})
			if len(failures) > 0 {
				t.Fatal(failures)
			}
			want := []string{
				`{"event":{"user_id":1,"amount":12.30},"user":{"id":1,"name":"Ada"},"purchases":[{"id":10,"product_id":100,"reviews":[{"id":50,"author":2},{"id":51,"author":9}]},{"id":11,"product_id":101,"reviews":[{"id":52,"author":1}]},{"id":12,"product_id":100,"reviews":[{"id":50,"author":2},{"id":51,"author":9}]}]}`,
				`{"event":{"user_id":9,"at":"2026-01-02T03:04:05.006Z","note":"x"},"user":null,"purchases":[]}`,
				`{"event":{"user_id":3,"amount":0.00},"user":{"id":3,"name":"Edsger"},"purchases":[{"id":13,"product_id":102,"reviews":[]}]}`,
			}
			if diff := cmp.Diff(want, readBack(t, r, format.Avro, published)); diff != "" {
				t.Error(diff)
			}
			if h := published[0][0].Headers; (len(h) == 1 && h[0].Key == "__value_schema_id") != (name == "header") {
				t.Errorf("headers: %v", h)
			}
			if subjects, err := r.client.Latest(t.Context(), "out-value"); err != nil || subjects.Version != 2 {
				t.Errorf("two writers make two versions: %+v, %v", subjects, err)
			}
		})
	}
}

// The event's bytes are copied: an encoder would write the number shorter.
func TestTheEventIsCopied(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	prefix, body := r.prefix(t, "events-value", registry.Avro, firstAvro), []byte{0x82, 0x00, 2, 5}
	p := openText(t, avroOutput(t, r.URL(), "format: avro, register: true", userStage))
	published, failures := publishedOf(t, p, loaderline.Record{Topic: "events", Value: slices.Concat(prefix, body)})
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	if value := published[0][0].Value; !bytes.HasPrefix(value[5:], body) {
		t.Errorf("the event became %x", value)
	}
	if diff := cmp.Diff([]string{`{"event":{"user_id":1,"amount":0.05},"user":{"id":1,"name":"Ada"}}`}, readBack(t, r, format.Avro, published)); diff != "" {
		t.Error(diff)
	}
}

func TestOutputsOfEachFormat(t *testing.T) {
	t.Parallel()
	event := loaderline.Record{Topic: "events", Value: []byte(`{"user_id":1,"amount":20}`)}
	for name, c := range map[string]struct {
		input, output, stages string
		format                format.Format
		want                  string
	}{
		"json to avro": {
			"", `format: avro, register: true, schema: {types: {n: bigint, total: "decimal(9,2)"}}, value: {n: event.user_id, total: event.amount * 1.5, name: user.name}`,
			userStage, format.Avro, `{"n":1,"total":30.00,"name":"Ada"}`,
		},
		"json to protobuf": {
			"", `format: protobuf, register: true, schema: {namespace: shop.out, types: {n: bigint}}, value: {n: event.user_id, user: user, purchases: purchases}`,
			purchasesOfUsers, format.Protobuf,
			`{"n":1,"user":{"id":1,"name":"Ada"},"purchases":[{"id":10,"product_id":100,"reviews":[{"id":50,"author":2},{"id":51,"author":9}]},{"id":11,"product_id":101,"reviews":[{"id":52,"author":1}]},{"id":12,"product_id":100,"reviews":[{"id":50,"author":2},{"id":51,"author":9}]}]}`,
		},
		"json to a json schema": {
			"", `format: json_schema, register: true`, userStage, format.JSONSchema, `{"event":{"user_id":1,"amount":20},"user":{"id":1,"name":"Ada"}}`,
		},
		"each": {
			"", `format: avro, register: true, for_each: purchases, value: {id: item.id, name: user.name}, headers: {a: user.name}`, userStage + purchasesStage, format.Avro,
			`{"id":10,"name":"Ada"} {"id":11,"name":"Ada"} {"id":12,"name":"Ada"}`,
		},
		"a subject of the record": {
			"", `format: avro, register: true, subject: record, schema: {namespace: shop}, value: {name: user.name}`, userStage, format.Avro, `{"name":"Ada"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startRegistry(t)
			p := openText(t, with(c.input, c.output, shopFile(t), c.stages)+"\nregistry: {url: \""+r.URL()+"\"}\n")
			published, failures := publishedOf(t, p, event)
			if len(failures) > 0 {
				t.Fatal(failures)
			}
			if got := strings.Join(readBack(t, r, c.format, published), " "); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			subject := "out-value"
			if strings.Contains(c.output, "subject: record") {
				subject = "shop.Enriched"
			}
			if _, err := r.client.Latest(t.Context(), subject); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestProtobufToProtobuf(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	prefix := r.prefix(t, "events-value", registry.Protobuf, eventProto)
	unknown := []byte{0xd2, 0x05, 3, 'n', 'e', 'w'} // Field 90.
	// The second message of the file: user_id 1, note "x".
	value := slices.Concat(prefix, []byte{2, 2, 8, 1, 18, 1, 'x'}, unknown)
	for name, also := range map[string]string{
		"alone": "", "a key": ", key: user.name", "headers": ", headers: {who: user.name}", "a route": `, routes: [{when: user.id == 1, topic: ones}]`,
	} {
		t.Run(name, func(t *testing.T) {
			p := openText(t, with(", format: protobuf", "format: protobuf, register: true, schema: {namespace: shop.out}"+also, shopFile(t), userStage)+"\nregistry: {url: \""+r.URL()+"\"}\n")
			published, failures := publishedOf(t, p, loaderline.Record{Topic: "events", Value: value})
			if len(failures) > 0 {
				t.Fatal(failures)
			}
			if !bytes.Contains(published[0][0].Value, unknown) {
				t.Errorf("the field that nobody knows is gone: %x", published[0][0].Value)
			}
			want := []string{`{"event":{"user_id":1,"note":"x"},"user":{"id":1,"name":"Ada"}}`}
			if diff := cmp.Diff(want, readBack(t, r, format.Protobuf, published)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Values that do not fit are failures of single events, which name the field and not what is in it.
func TestValuesThatDoNotFit(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	p := openText(t, with("", `format: avro, register: true, schema: {types: {n: integer, deep.m: boolean}, not_null: [n]}, value: {n: event.user_id, deep: {m: event.amount}}`, shopFile(t), userStage)+"\nregistry: {url: \""+r.URL()+"\"}\n")
	var got []string
	for _, event := range []string{`{"user_id":null}`, `{"user_id":7,"amount":"secret"}`, `{"user_id":99999999999}`, `{"user_id":7,"amount":true}`} {
		_, failures := publishedOf(t, p, loaderline.Record{Topic: "events", Value: []byte(event)})
		got = append(got, failures...)
	}
	want := []string{
		"encode: the value does not fit the schema of the output: field n: null, where the schema wants int",
		"encode: the value does not fit the schema of the output: field deep.m: a string, where the schema wants one of null, boolean",
		"encode: the value does not fit the schema of the output: field n: the value is out of the range of int",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGivenSchemas(t *testing.T) {
	t.Parallel()
	const given = `{"type":"record","name":"User","namespace":"shop","fields":[{"name":"name","type":"string"},{"name":"source","type":"string","default":"shop"}]}`
	file := filepath.Join(t.TempDir(), "user.avsc")
	if err := os.WriteFile(file, []byte(given), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, schema := range map[string]string{"a file": "file: " + file, "a subject": "subject: users", "a version": "subject: users, version: 1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startRegistry(t)
			r.prefix(t, "users", registry.Avro, given)
			register := ""
			if name == "a file" {
				register = "register: true, "
			}
			p := openText(t, with("", "format: avro, "+register+"value: {name: user.name}, schema: {"+schema+"}", shopFile(t), userStage)+"\nregistry: {url: \""+r.URL()+"\"}\n")
			published, failures := publishedOf(t, p, loaderline.Record{Topic: "events", Value: []byte(`{"user_id":1}`)}, loaderline.Record{Topic: "events", Value: []byte(`{"user_id":9}`)})
			if want := []string{`{"name":"Ada","source":"shop"}`}; !slices.Equal(readBack(t, r, format.Avro, published), want) {
				t.Errorf("published %v", published)
			}
			if len(failures) != 1 || !strings.Contains(failures[0], "field name: null, where the schema wants string") {
				t.Errorf("failures: %q", failures)
			}
		})
	}
}

// Without an ID there is no registry.
func TestOutputsWithoutID(t *testing.T) {
	t.Parallel()
	p := openText(t, with("", "format: avro, id: none, value: {name: user.name}", shopFile(t), userStage))
	published, failures := publishedOf(t, p, loaderline.Record{Topic: "events", Value: []byte(`{"user_id":1}`)})
	if len(failures) > 0 || !bytes.Equal(published[0][0].Value, []byte{2, 6, 'A', 'd', 'a'}) {
		t.Errorf("%v, %v", published, failures)
	}
}
