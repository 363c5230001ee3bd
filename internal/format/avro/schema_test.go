package avro_test

import (
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
)

func TestReferences(t *testing.T) {
	money := avro.Reference{Name: "money.avsc", Text: `{"type":"record","name":"shop.Money","fields":[{"name":"amount","type":"long"},{"name":"currency","type":"shop.Currency"}]}`}
	currency := avro.Reference{Name: "currency.avsc", Text: `{"type":"enum","name":"shop.Currency","symbols":["EUR","USD"]}`}
	schema := parse(t, `{"type":"record","name":"shop.Order","fields":[{"name":"price","type":"Money"},{"name":"fee","type":["null","Money"]},{"name":"in","type":"Currency"}]}`, currency, money)
	// The text stands alone.
	again := parse(t, schema.Text())
	if !schema.Same(again) {
		t.Errorf("got %s, want %s", again.Canonical(), schema.Canonical())
	}
	out, err := schema.Decoder(format.Options{}).AppendJSON(nil, []byte{2, 0, 2, 4, 2, 2})
	if want := `{"price":{"amount":1,"currency":"EUR"},"fee":{"amount":2,"currency":"USD"},"in":"USD"}`; err != nil || string(out) != want {
		t.Errorf("got %s, %v, want %s", out, err, want)
	}
	if _, err := avro.Parse(`"long"`, money); err == nil || !strings.Contains(err.Error(), "money.avsc") {
		t.Errorf("a reference without its own reference: %v", err)
	}
}

func TestSchemasThatAreRefused(t *testing.T) {
	for _, text := range []string{
		``, `{`, `"nothing"`, `{"type":"record","name":"A"}`, `{"type":"record","name":"A","fields":[{"name":"a","type":"B"}]}`,
		`{"type":"record","name":"A","fields":[{"name":"a","type":"int","default":"x"}]}`,
		strings.Repeat(" ", 5<<20) + `"long"`,
		strings.Repeat(`{"type":"array","items":`, 100_000) + `"int"` + strings.Repeat("}", 100_000),
	} {
		if _, err := avro.Parse(text); err == nil || !strings.HasPrefix(err.Error(), "parse the Avro schema: ") {
			t.Errorf("%.60s: %v", text, err)
		}
	}
}

func TestSame(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{`"long"`, `{"type":"long"}`, true},
		{`"long"`, `{"type":"long","logicalType":"unknown","doc":"x"}`, true},
		{`"long"`, `{"type":"long","logicalType":"timestamp-millis"}`, false},
		{`{"type":"long","logicalType":"timestamp-micros"}`, `{"type":"long","logicalType":"timestamp-millis"}`, false},
		{`{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`, `{"type":"bytes","logicalType":"decimal","precision":4,"scale":1}`, false},
		{`{"type":"enum","name":"E","symbols":["A","B"]}`, `{"type":"enum","name":"E","symbols":["B","A"]}`, false},
		{
			`{"type":"record","name":"n.A","doc":"x","fields":[{"name":"a","type":["null","A"],"default":null,"aliases":["b"]}]}`,
			`{"type":"record","name":"A","namespace":"n","fields":[{"name":"a","type":["null","n.A"]}]}`, true,
		},
		{
			`{"type":"record","name":"A","fields":[{"name":"a","type":"int"}]}`,
			`{"type":"record","name":"A","fields":[{"name":"b","type":"int"}]}`, false,
		},
	} {
		a, b := parse(t, test.a), parse(t, test.b)
		if a.Same(b) != test.same || b.Same(a) != test.same {
			t.Errorf("%s and %s", a.Canonical(), b.Canonical())
		}
	}
}

func TestCompatible(t *testing.T) {
	older := parse(t, `{"type":"record","name":"A","fields":[{"name":"a","type":"int"}]}`)
	newer := parse(t, `{"type":"record","name":"A","fields":[{"name":"a","type":"long"},{"name":"b","type":"string","default":""}]}`)
	if err := avro.Compatible(newer, older); err != nil {
		t.Error(err)
	}
	if err := avro.Compatible(older, newer); err == nil {
		t.Error("a long was read as an int")
	}
	part, _ := newer.Field("a")
	if err := avro.Compatible(part, parse(t, `"int"`)); err != nil {
		t.Error(err)
	}
	if _, ok := newer.Field("c"); ok {
		t.Error("a field that is not there")
	}
}

func TestOptionsOfDecoders(t *testing.T) {
	schema := parse(t, `{"type":"record","name":"A","fields":[
		{"name":"n","type":"long"},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
		{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}},
		{"name":"day","type":{"type":"int","logicalType":"date"}}]}`)
	body, err := schema.Encoder(avro.EncodeOptions{}).AppendAvro(nil, []byte(`{"n":"9007199254740993","at":1000,"price":"1.5","day":"1970-01-03"}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		options format.Options
		want    string
	}{
		{format.Options{}, `{"n":9007199254740993,"at":"1970-01-01T00:00:01Z","price":1.50,"day":"1970-01-03"}`},
		{format.Options{Int64AsText: true, DecimalsAsText: true, TimesAsNumbers: true}, `{"n":"9007199254740993","at":1000,"price":"1.50","day":2}`},
	} {
		out, err := schema.Decoder(test.options).AppendJSON(nil, body)
		if err != nil || string(out) != test.want {
			t.Errorf("got %s, %v, want %s", out, err, test.want)
		}
		again, err := schema.Encoder(avro.EncodeOptions{}).AppendAvro(nil, out)
		if err != nil || string(again) != string(body) {
			t.Errorf("%s was read as %x, %v, not %x", out, again, err, body)
		}
	}
}
