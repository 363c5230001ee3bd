package avro_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
)

var benchmarks = []struct{ name, schema, json string }{
	{"event", eventSchema, eventJSON},
	{"nested", nestedSchema, nestedJSON},
}

func BenchmarkDecode(b *testing.B) {
	for _, bench := range benchmarks {
		schema := parse(b, bench.schema)
		body, err := schema.Encoder(avro.EncodeOptions{}).AppendAvro(nil, []byte(bench.json))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(bench.name, func(b *testing.B) {
			d := schema.Decoder(format.Options{})
			var dst []byte
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if dst, err = d.AppendJSON(dst[:0], body); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(bench.name+"/library", func(b *testing.B) {
			library := oracle(b, bench.schema)
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				var value any
				if _, err := library.Decode(body, &value); err != nil {
					b.Fatal(err)
				}
				if dst, err = library.AppendEncodeJSON(dst[:0], value); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, bench := range benchmarks {
		b.Run(bench.name, func(b *testing.B) {
			e := parse(b, bench.schema).Encoder(avro.EncodeOptions{})
			text := []byte(bench.json)
			var dst []byte
			var err error
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if dst, err = e.AppendAvro(dst[:0], text); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(bench.name+"/library", func(b *testing.B) {
			library := oracle(b, bench.schema)
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				d := json.NewDecoder(strings.NewReader(bench.json))
				d.UseNumber()
				var value any
				if err := d.Decode(&value); err != nil {
					b.Fatal(err)
				}
				var err error
				if dst, err = library.AppendEncode(dst[:0], value); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		parse(b, nestedSchema)
	}
}
