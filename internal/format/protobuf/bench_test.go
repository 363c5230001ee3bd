package protobuf_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
)

const eventJSON = `{"event_id":"e-0123456789","user_id":12345,"kind":"PAGE_VIEW","occurred_at":"2026-11-24T00:00:00.123Z","amount":1234.5,"referrer":"https://example.org/"}`

var enrichedJSON = `{"event":` + eventJSON + `,"user":{"id":12345,"name":"Ada Lovelace","email":"ada@example.org","tags":["gold","early"]},"purchases":[` +
	strings.Repeat(purchaseJSON+",", 2) + purchaseJSON + `]}`

const purchaseJSON = `{"id":9007199254740993,"product":"A very good keyboard","price":129.9,"reviews":[{"id":1,"reviewer":"someone","stars":5,"text":"Types as one wishes"},{"id":2,"reviewer":"someone else","stars":4,"text":"A little loud"},{"id":3,"reviewer":"nobody","stars":1,"text":"It has \"no\" keys"}]}`

func encoded(tb testing.TB, m *protobuf.Message, text string) []byte {
	tb.Helper()
	body, err := m.Encoder(protobuf.EncodeOptions{}).AppendProto(nil, []byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

var benchmarks = []struct{ name, message, text string }{{"event", "Event", eventJSON}, {"nested", "Enriched", enrichedJSON}}

func BenchmarkDecode(b *testing.B) {
	for _, c := range benchmarks {
		m := message(b, eventSchema, c.message)
		body := encoded(b, m, c.text)
		b.Run(c.name+"/own", func(b *testing.B) {
			b.ReportAllocs()
			decoder := m.Decoder(format.Options{})
			var dst []byte
			for b.Loop() {
				var err error
				if dst, err = decoder.AppendJSON(dst[:0], body); err != nil {
					b.Fatal(err)
				}
			}
		})
		d := newOracle(b, eventSchema).message(b, c.message)
		b.Run(c.name+"/protojson", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m := dynamicpb.NewMessage(d)
				if err := proto.Unmarshal(body, m); err != nil {
					b.Fatal(err)
				}
				if _, err := protojson.Marshal(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, c := range benchmarks {
		m := message(b, eventSchema, c.message)
		text := []byte(c.text)
		b.Run(c.name+"/own", func(b *testing.B) {
			b.ReportAllocs()
			encoder := m.Encoder(protobuf.EncodeOptions{})
			var dst []byte
			for b.Loop() {
				var err error
				if dst, err = encoder.AppendProto(dst[:0], text); err != nil {
					b.Fatal(err)
				}
			}
		})
		d := newOracle(b, eventSchema).message(b, c.message)
		b.Run(c.name+"/protojson", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m := dynamicpb.NewMessage(d)
				if err := protojson.Unmarshal(text, m); err != nil {
					b.Fatal(err)
				}
				if _, err := proto.Marshal(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		message(b, eventSchema, "Event")
	}
}
