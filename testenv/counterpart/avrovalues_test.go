package counterpart_test

import (
	"fmt"
	"math/big"

	"pgregory.net/rapid"
)

// avroSchema has each type and logical type of the specification.
const avroSchema = `{"type": "record", "name": "Event", "namespace": "shop", "fields": [
	{"name": "flag", "type": "boolean"},
	{"name": "small", "type": "int"},
	{"name": "id", "type": "long"},
	{"name": "ratio", "type": "float"},
	{"name": "amount", "type": "double"},
	{"name": "text", "type": "string"},
	{"name": "raw", "type": "bytes"},
	{"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 4}},
	{"name": "total", "type": {"type": "fixed", "name": "Total", "size": 9, "logicalType": "decimal", "precision": 20, "scale": 0}},
	{"name": "day", "type": {"type": "int", "logicalType": "date"}},
	{"name": "time_millis", "type": {"type": "int", "logicalType": "time-millis"}},
	{"name": "time_micros", "type": {"type": "long", "logicalType": "time-micros"}},
	{"name": "at_millis", "type": {"type": "long", "logicalType": "timestamp-millis"}},
	{"name": "at_micros", "type": {"type": "long", "logicalType": "timestamp-micros"}},
	{"name": "at_nanos", "type": {"type": "long", "logicalType": "timestamp-nanos"}},
	{"name": "local_millis", "type": {"type": "long", "logicalType": "local-timestamp-millis"}},
	{"name": "local_micros", "type": {"type": "long", "logicalType": "local-timestamp-micros"}},
	{"name": "local_nanos", "type": {"type": "long", "logicalType": "local-timestamp-nanos"}},
	{"name": "uuid", "type": {"type": "string", "logicalType": "uuid"}},
	{"name": "uuid_bytes", "type": {"type": "fixed", "name": "UUID", "size": 16, "logicalType": "uuid"}},
	{"name": "period", "type": {"type": "fixed", "name": "Period", "size": 12, "logicalType": "duration"}},
	{"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["VIEW", "ORDER", "RETURN"]}},
	{"name": "note", "type": ["null", "string"]},
	{"name": "due", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]},
	{"name": "discount", "type": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 2}]},
	{"name": "choice", "type": ["boolean", "long", "string", {"type": "record", "name": "Item", "fields": [
		{"name": "sku", "type": "string"}, {"name": "count", "type": "int"}, {"name": "tags", "type": {"type": "map", "values": "string"}}
	]}, "null"]},
	{"name": "items", "type": {"type": "array", "items": "Item"}},
	{"name": "matrix", "type": {"type": "array", "items": {"type": "array", "items": "int"}}},
	{"name": "attributes", "type": {"type": "map", "values": ["null", "long", "string"]}},
	{"name": "tree", "type": ["null", {"type": "record", "name": "Node", "fields": [
		{"name": "value", "type": "int"}, {"name": "left", "type": ["null", "Node"]}, {"name": "right", "type": ["null", "Node"]}
	]}]}
]}`

// avroOrder holds avroItem, and avroReferring refers to it.
const (
	avroItem = `{"type": "record", "name": "Item", "namespace": "shop", "fields": [
		{"name": "sku", "type": "string"}, {"name": "count", "type": "int"}, {"name": "tags", "type": {"type": "map", "values": "string"}}
	]}`
	avroOrder     = `{"type": "record", "name": "Order", "namespace": "shop", "fields": [{"name": "first", "type": ` + avroItem + avroRest
	avroReferring = `{"type": "record", "name": "Order", "namespace": "shop", "fields": [{"name": "first", "type": "shop.Item"` + avroRest
	avroRest      = `}, {"name": "rest", "type": {"type": "array", "items": "shop.Item"}}, {"name": "note", "type": ["null", "string"]}]}`
)

// The years 1 to 9999, which Python has times for.
const firstSecond, lastSecond = -62135596800, 253402300799

// drawEvent draws a value of avroSchema in the JSON encoding of the specification.
func drawEvent(t *rapid.T) any {
	event := map[string]any{
		"flag": rapid.Bool().Draw(t, "flag"), "small": rapid.Int32().Draw(t, "small"), "id": rapid.Int64().Draw(t, "id"),
		// A float of few digits: its text is the same with 32 and 64 bits.
		"ratio": float64(rapid.Int16().Draw(t, "ratio")) / 8, "amount": rapid.Float64Range(-1e300, 1e300).Draw(t, "amount"),
		"text": rapid.String().Draw(t, "text"), "raw": latin1(rapid.SliceOf(rapid.Byte()).Draw(t, "raw")),
		"price": drawDecimal(t, 20, 0), "total": drawDecimal(t, 20, 9),
		"day":          rapid.Int32Range(firstSecond/86400, lastSecond/86400).Draw(t, "day"),
		"time_millis":  rapid.Int32Range(0, 86_399_999).Draw(t, "time_millis"),
		"time_micros":  rapid.Int64Range(0, 86_399_999_999).Draw(t, "time_micros"),
		"at_millis":    rapid.Int64Range(firstSecond*1e3, lastSecond*1e3).Draw(t, "at_millis"),
		"at_micros":    rapid.Int64Range(firstSecond*1e6, lastSecond*1e6).Draw(t, "at_micros"),
		"at_nanos":     rapid.Int64().Draw(t, "at_nanos"),
		"local_millis": rapid.Int64Range(firstSecond*1e3, lastSecond*1e3).Draw(t, "local_millis"),
		"local_micros": rapid.Int64Range(firstSecond*1e6, lastSecond*1e6).Draw(t, "local_micros"),
		"local_nanos":  rapid.Int64().Draw(t, "local_nanos"),
		"uuid":         rapid.StringMatching(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).Draw(t, "uuid"),
		"uuid_bytes":   drawFixed(t, 16), "period": drawFixed(t, 12),
		"kind":     rapid.SampledFrom([]string{"VIEW", "ORDER", "RETURN"}).Draw(t, "kind"),
		"note":     drawNullable(t, "string", rapid.String().AsAny()),
		"due":      drawNullable(t, "long", rapid.Int64Range(firstSecond*1e3, lastSecond*1e3).AsAny()),
		"discount": drawNullable(t, "bytes", rapid.Custom(func(t *rapid.T) any { return drawDecimal(t, 5, 0) })),
		"choice": rapid.OneOf(
			rapid.Custom(func(t *rapid.T) any { return drawNullable(t, "boolean", rapid.Bool().AsAny()) }),
			rapid.Custom(func(t *rapid.T) any { return drawNullable(t, "long", rapid.Int64().AsAny()) }),
			rapid.Custom(func(t *rapid.T) any { return drawNullable(t, "string", rapid.String().AsAny()) }),
			rapid.Custom(func(t *rapid.T) any { return drawNullable(t, "shop.Item", rapid.Custom(drawItem)) }),
		).Draw(t, "choice"),
		"items":  rapid.SliceOfN(rapid.Custom(drawItem), 0, 5).Draw(t, "items"),
		"matrix": rapid.SliceOfN(rapid.SliceOfN(rapid.Int32(), 0, 3), 0, 3).Draw(t, "matrix"),
		"attributes": rapid.MapOfN(rapid.String(), rapid.Custom(func(t *rapid.T) any {
			return drawNullable(t, "long", rapid.Int64().AsAny())
		}), 0, 5).Draw(t, "attributes"),
		"tree": drawTree(t, 4),
	}
	return event
}

// drawOrder draws a value of avroOrder.
func drawOrder(t *rapid.T) any {
	return map[string]any{
		"first": drawItem(t), "rest": rapid.SliceOfN(rapid.Custom(drawItem), 0, 5).Draw(t, "rest"),
		"note": drawNullable(t, "string", rapid.String().AsAny()),
	}
}

func drawItem(t *rapid.T) any {
	return map[string]any{
		"sku": rapid.String().Draw(t, "sku"), "count": rapid.Int32().Draw(t, "count"),
		"tags": rapid.MapOfN(rapid.String(), rapid.String(), 0, 4).Draw(t, "tags"),
	}
}

func drawTree(t *rapid.T, depth int) any {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		return nil
	}
	return map[string]any{"shop.Node": map[string]any{
		"value": rapid.Int32().Draw(t, "value"), "left": drawTree(t, depth-1), "right": drawTree(t, depth-1),
	}}
}

// drawNullable draws null, or a value of a union's type.
func drawNullable(t *rapid.T, branch string, of *rapid.Generator[any]) any {
	if rapid.IntRange(0, 3).Draw(t, "null") == 0 {
		return nil
	}
	return map[string]any{branch: of.Draw(t, branch)}
}

func drawFixed(t *rapid.T, size int) string {
	return latin1(rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "fixed"))
}

// drawDecimal draws a decimal in two's complement, with as few bytes as it needs or with size.
func drawDecimal(t *rapid.T, digits, size int) string {
	text := rapid.StringMatching(fmt.Sprintf(`-?[0-9]{1,%d}`, digits)).Draw(t, "decimal")
	n, _ := new(big.Int).SetString(text, 10)
	bits := n.BitLen()
	if n.Sign() < 0 {
		bits = new(big.Int).Not(n).BitLen()
	}
	if size == 0 {
		size = bits/8 + 1
	}
	if n.Sign() < 0 {
		n.Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	return latin1(n.FillBytes(make([]byte, size)))
}

// latin1 has a character for each byte, as the specification writes bytes.
func latin1(data []byte) string {
	text := make([]rune, len(data))
	for i, b := range data {
		text[i] = rune(b)
	}
	return string(text)
}

// draw draws values, the same in each run.
func draw(count int, value func(*rapid.T) any) []any {
	generator := rapid.Custom(value)
	values := make([]any, count)
	for i := range values {
		values[i] = generator.Example(i)
	}
	return values
}
