package registry_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/devregistry"
	"github.com/loaderline/loaderline/internal/format/jsonschema"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// pipeline copies JSON values with a schema. Its Prepare fetches the schemas, and Decode validates the values.
func pipeline(t *testing.T, c *registry.Client) *loaderline.Pipeline[string] {
	t.Helper()
	r := registry.NewResolver(c, registry.ResolverConfig[*jsonschema.Schema]{
		Grace: 50 * time.Millisecond, MaxElapsed: time.Millisecond,
		Compile: func(s *registry.Schema) (*jsonschema.Schema, error) {
			references := map[string]string{}
			for _, d := range s.Dependencies() {
				references[d.Name] = d.Schema.Text
			}
			return jsonschema.Compile(s.Text, references)
		},
	})
	find := func(record *loaderline.Record) (schemaid.Found, error) {
		return schemaid.Find(schemaid.Value, schemaid.Confluent, record.Value, func(name string) []byte {
			for _, h := range slices.Backward(record.Headers) {
				if h.Key == name {
					return h.Value
				}
			}
			return nil
		})
	}
	p, err := loaderline.New(loaderline.Config[string]{
		Consumer: consumer.Config{Kafka: consumer.Kafka{Brokers: []string{"127.0.0.1:1"}}, Group: "g", Topics: []string{"in"}},
		Sink:     sink.Config{Topic: "out", DeadLetterTopic: "dead"},
		Plan:     &stages.Plan[string]{},
		Prepare: func(ctx context.Context, records []*loaderline.Record) error {
			var ids []schemaid.ID
			for _, record := range records {
				if found, err := find(record); err == nil { // Decode says what is wrong with the others.
					ids = append(ids, found.ID)
				}
			}
			return r.Prepare(ctx, ids)
		},
		Decode: func(record loaderline.Record) (string, error) {
			found, err := find(&record)
			if err != nil {
				return "", err
			}
			schema, err := r.Get(found.ID)
			if err != nil {
				return "", err
			}
			return string(found.Body), schema.Validate(found.Body)
		},
		Encode: func(row stages.Row[string]) ([]loaderline.Record, error) {
			return []loaderline.Record{{Value: []byte(row.Event())}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each record has the outcome that its own schema and its own value make. While the registry is away, none has.
func TestAPipelineWithARegistry(t *testing.T) {
	t.Parallel()
	server, err := devregistry.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := open(t, registry.Config{URLs: []string{server.URL()}})
	price, err := c.Register(t.Context(), "price", &registry.Schema{Type: registry.JSON, Text: `{"type":"number"}`}, false)
	if err != nil {
		t.Fatal(err)
	}
	order, err := c.Register(t.Context(), "order", &registry.Schema{
		Type: registry.JSON, Text: `{"properties":{"price":{"$ref":"price.json"}}}`,
		References: []registry.Reference{{Name: "price.json", Subject: "price", Version: 1}},
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	prefixed := func(id schemaid.ID, body string) []byte {
		value, err := schemaid.AppendPrefix(nil, id)
		if err != nil {
			t.Fatal(err)
		}
		return append(value, body...)
	}
	header, err := schemaid.AppendHeader(nil, price.ID)
	if err != nil {
		t.Fatal(err)
	}
	batch := []*kgo.Record{
		{Value: prefixed(order.ID, `{"price": 5}`)},
		{Value: []byte("7.50"), Headers: []kgo.RecordHeader{{Key: schemaid.HeaderName(schemaid.Value), Value: header}}},
		{Value: prefixed(order.ID, `{"price": "5"}`)},
		{Value: prefixed(schemaid.OfNumber(99), `{}`)},
		{Value: []byte(`{"price": 5}`)},
	}
	records, tally, err := pipeline(t, c).Enrich(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range slices.Concat(records...) {
		message := ""
		for _, h := range r.Headers {
			if h.Key == "loaderline.error.message" {
				message = string(h.Value)
			}
		}
		got = append(got, r.Topic+" "+string(r.Value)+" "+message)
	}
	want := []string{
		`out {"price": 5} `,
		`out 7.50 `,
		`dead ` + string(batch[2].Value) + ` it is not what its JSON Schema says: price: got string, want number`,
		`dead ` + string(batch[3].Value) + ` schema ID 99: the registry has no schema of this ID; was the record written with another registry?`,
		`dead ` + string(batch[4].Value) + ` it has no schema ID: it begins with 7b 22 70 72, which looks like JSON; set input.format to json if no record has one`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := tally.DeadLetters[loaderline.DeadLetter{Kind: sink.KindDecode}]; n != 3 {
		t.Errorf("%d dead letters of kind decode: %v", n, tally.DeadLetters)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if records, _, err := pipeline(t, c).Enrich(t.Context(), batch); !errors.Is(err, stages.ErrOutage) || len(records) > 0 {
		t.Errorf("without a registry: %d records, %v", len(records), err)
	}
}
