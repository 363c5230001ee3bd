package pipeline_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/registry"
)

// twoWriters returns events of two Avro schemas, several for each user, and of one Protobuf schema.
func twoWriters(t *testing.T, r *schemas) map[string][]loaderline.Record {
	t.Helper()
	first, second := r.prefix(t, "avro-value", registry.Avro, firstAvro), r.prefix(t, "avro-value", registry.Avro, secondAvro)
	one := func(user string) []byte {
		return encodeAvro(t, first, firstAvro, `{"user_id":`+user+`,"amount":12.30}`)
	}
	two := func(user string) []byte {
		return encodeAvro(t, second, secondAvro, `{"user_id":`+user+`,"at":"2026-01-02T03:04:05.006Z","note":"x"}`)
	}
	proto := r.prefix(t, "proto-value", registry.Protobuf, eventProto)
	message := func(user byte, note string) []byte {
		return append(slices.Concat(proto, []byte{2, 2, 8, user, 18, byte(len(note))}), note...)
	}
	records := func(values ...[]byte) (all []loaderline.Record) {
		for _, v := range values {
			all = append(all, loaderline.Record{Topic: "events", Value: v})
		}
		return all
	}
	return map[string][]loaderline.Record{
		"avro":     records(one("1"), two("1"), one("3"), two("9"), one("1"), two("3"), one("9"), two("1")),
		"protobuf": records(message(1, "a"), message(3, ""), message(1, "bc"), message(9, "d"), message(9, "")),
	}
}

// An event with a schema becomes the same alone, beside others of the same user, and with what was encoded for others before.
func TestReusedOutputsWithSchemas(t *testing.T) {
	t.Parallel()
	for format, also := range map[string][]string{
		"avro":     {"", ", key: user.name, headers: {who: user.name, at: event.user_id}", ", routes: [{when: user.id == 1, topic: ones}]", ", value: {event: event, all: purchases}"},
		"protobuf": {"", ", key: user.name, headers: {who: user.name}", ", routes: [{when: user.id == 1, topic: ones}]", ", value: {event: event, all: purchases}"},
	} {
		for _, output := range also {
			t.Run(format+output, func(t *testing.T) {
				t.Parallel()
				r := startRegistry(t)
				text := with(", format: "+format, "format: "+format+", register: true, schema: {namespace: shop.out}"+output, shopFile(t), purchasesOfUsers) +
					"\nregistry: {url: \"" + r.URL() + "\"}\n"
				events := twoWriters(t, r)[format]
				var want [][]loaderline.Record
				for _, e := range events {
					published, failures := publishedOf(t, openText(t, text), e)
					if len(failures) > 0 {
						t.Fatal(failures)
					}
					want = append(want, published...)
				}
				l, err := parse(strings.Replace(text, "stages:", "cache: {ttl: 10m}\nstages:", 1))
				if err != nil {
					t.Fatal(err)
				}
				p := openOptions(t, l, pipeline.Options{Reuse: true})
				for round := range 3 {
					before := p.Reused()
					published, failures := publishedOf(t, p, events...)
					if len(failures) > 0 {
						t.Fatal(failures)
					}
					if diff := cmp.Diff(want, published, cmp.Comparer(func(a, b loaderline.Record) bool {
						return a.Topic == b.Topic && string(a.Key) == string(b.Key) && string(a.Value) == string(b.Value) &&
							slices.EqualFunc(a.Headers, b.Headers, func(a, b kgo.RecordHeader) bool { return a.Key == b.Key && string(a.Value) == string(b.Value) })
					})); diff != "" {
						t.Errorf("round %d: %s", round, diff)
					}
					if reused := p.Reused() - before; round > 0 && reused != uint64(len(events)) {
						t.Errorf("round %d: %d of %d are reused", round, reused, len(events))
					}
				}
			})
		}
	}
}

// Writers whose schemas differ share what follows the event.
func TestTailsAreShared(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	l, err := parse(strings.Replace(avroOutput(t, r.URL(), "format: avro, register: true", userStage), "stages:", "cache: {ttl: 10m}\nstages:", 1))
	if err != nil {
		t.Fatal(err)
	}
	p := openOptions(t, l, pipeline.Options{Reuse: true})
	events := twoWriters(t, r)["avro"]
	publishedOf(t, p, events[0])
	if publishedOf(t, p, events[1]); p.Reused() != 1 {
		t.Errorf("%d events are reused, want the one of the other writer", p.Reused())
	}
}
