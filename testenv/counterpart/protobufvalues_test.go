package counterpart_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"pgregory.net/rapid"
)

// protoFile has each type of proto3 and each well-known type. It imports protoMoney, by a path that is put in for MONEY. A message may
// be around shop.Event, which is not the first one of the file: OPEN and CLOSE.
const (
	protoFile = `syntax = "proto3";
package shop;

import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "MONEY";

enum Kind { UNKNOWN = 0; VIEW = 1; ORDER = 2; }

message Item { string sku = 1; int32 count = 2; }

OPEN
  message Event {
    bool flag = 1;
    int32 small = 2;
    int64 id = 3;
    uint32 unsigned = 4;
    uint64 big = 5;
    sint32 zigzag = 6;
    sint64 big_zigzag = 7;
    fixed32 fixed = 8;
    fixed64 big_fixed = 9;
    sfixed32 signed_fixed = 10;
    sfixed64 big_signed_fixed = 11;
    float ratio = 12;
    double amount = 13;
    string text = 14;
    bytes raw = 15;
    optional int32 maybe = 16;
    Kind kind = 17;
    repeated Item items = 18;
    repeated int64 numbers = 19;
    repeated Kind kinds = 20 [packed = false];
    map<string, int64> counts = 21;
    map<int32, Item> by_id = 22;
    map<bool, string> by_flag = 23;
    oneof choice { string choice_text = 24; int64 choice_number = 25; Item choice_item = 26; }
    google.protobuf.Timestamp at = 27;
    google.protobuf.Duration took = 28;
    google.protobuf.Int64Value wrapped_number = 29;
    google.protobuf.StringValue wrapped_text = 30;
    google.protobuf.BoolValue wrapped_flag = 31;
    google.protobuf.BytesValue wrapped_raw = 32;
    google.protobuf.Struct extra = 33;
    google.protobuf.Value anything = 34;
    google.protobuf.FieldMask mask = 35;
    google.protobuf.Any any = 36;
    google.protobuf.Empty nothing = 37;
    Money price = 1000;
    Event child = 1001;
  }
CLOSE
`
	protoMoney = `syntax = "proto3";
package shop;

message Money { string currency = 1; int64 units = 2; sint32 nanos = 3; }
`
)

// drawMessage draws a shop.Event in the JSON mapping of Protobuf.
func drawMessage(t *rapid.T) any { return drawMessageTo(t, 3) }

func drawMessageTo(t *rapid.T, depth int) any {
	long := rapid.Map(rapid.Int64(), func(n int64) any { return strconv.FormatInt(n, 10) })
	unsigned := rapid.Map(rapid.Uint64(), func(n uint64) any { return strconv.FormatUint(n, 10) })
	raw := rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) any { return base64.StdEncoding.EncodeToString(b) })
	kind := rapid.SampledFrom([]any{"UNKNOWN", "VIEW", "ORDER", 77, -1})
	item := rapid.Custom(drawProtoItem)
	fields := map[string]*rapid.Generator[any]{
		"flag": rapid.Bool().AsAny(), "small": rapid.Int32().AsAny(), "id": long, "unsigned": rapid.Uint32().AsAny(), "big": unsigned,
		"zigzag": rapid.Int32().AsAny(), "big_zigzag": long, "fixed": rapid.Uint32().AsAny(), "big_fixed": unsigned,
		"signed_fixed": rapid.Int32().AsAny(), "big_signed_fixed": long,
		"ratio":  rapid.OneOf(rapid.Map(rapid.Int16(), func(n int16) any { return float64(n) / 8 }), noNumber()),
		"amount": rapid.OneOf(rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).AsAny(), noNumber()),
		"text":   rapid.String().AsAny(), "raw": raw, "maybe": rapid.Int32().AsAny(), "kind": kind,
		"items": rapid.SliceOfN(item, 0, 4).AsAny(), "numbers": rapid.SliceOf(long).AsAny(), "kinds": rapid.SliceOf(kind).AsAny(),
		"counts":  rapid.MapOfN(rapid.String(), long, 0, 4).AsAny(),
		"by_id":   rapid.MapOfN(rapid.Map(rapid.Int32(), func(n int32) string { return strconv.Itoa(int(n)) }), item, 0, 4).AsAny(),
		"by_flag": rapid.MapOfN(rapid.SampledFrom([]string{"true", "false"}), rapid.String(), 0, 2).AsAny(),
		"at":      rapid.Custom(drawTimestamp), "took": rapid.Custom(drawDuration),
		"wrapped_number": long, "wrapped_text": rapid.String().AsAny(), "wrapped_flag": rapid.Bool().AsAny(), "wrapped_raw": raw,
		"extra":    rapid.MapOfN(rapid.String(), rapid.Custom(func(t *rapid.T) any { return drawStructValue(t, 2) }), 0, 3).AsAny(),
		"anything": rapid.Custom(func(t *rapid.T) any { return drawStructValue(t, 2) }),
		"mask":     rapid.StringMatching(`[a-z]{1,5}(,[a-z]{1,3}(\.[a-z]{1,3}[A-Z])?)?`).AsAny(),
		"any":      rapid.Custom(drawAny), "nothing": rapid.Just[any](map[string]any{}), "price": rapid.Custom(drawMoney),
	}
	if depth > 0 {
		fields["child"] = rapid.Custom(func(t *rapid.T) any { return drawMessageTo(t, depth-1) })
	}
	event := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if rapid.IntRange(0, 3).Draw(t, "set") != 0 {
			event[name] = fields[name].Draw(t, name)
		}
	}
	choices := []map[string]any{
		{}, {"choice_text": rapid.String().Draw(t, "text")}, {"choice_number": long.Draw(t, "number")}, {"choice_item": item.Draw(t, "item")},
	}
	maps.Copy(event, rapid.SampledFrom(choices).Draw(t, "choice"))
	return event
}

func noNumber() *rapid.Generator[any] {
	return rapid.SampledFrom([]any{"NaN", "Infinity", "-Infinity", 0, 0.5})
}

func drawProtoItem(t *rapid.T) any {
	return map[string]any{"sku": rapid.String().Draw(t, "sku"), "count": rapid.Int32().Draw(t, "count")}
}

func drawMoney(t *rapid.T) any {
	return map[string]any{
		"currency": rapid.SampledFrom([]string{"", "EUR", "¥"}).Draw(t, "currency"),
		"units":    strconv.FormatInt(rapid.Int64().Draw(t, "units"), 10), "nanos": rapid.Int32().Draw(t, "nanos"),
	}
}

func drawNanos(t *rapid.T) int64 {
	return rapid.SampledFrom([]int64{0, 1, 1000, 120_000_000, 999_999_999}).Draw(t, "nanos")
}

func drawTimestamp(t *rapid.T) any {
	seconds := rapid.Int64Range(firstSecond, lastSecond).Draw(t, "seconds")
	return time.Unix(seconds, drawNanos(t)).UTC().Format(time.RFC3339Nano)
}

func drawDuration(t *rapid.T) any {
	sign := rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign")
	return fmt.Sprintf("%s%d.%09ds", sign, rapid.Int64Range(0, 315_576_000_000-1).Draw(t, "seconds"), drawNanos(t))
}

// drawAny draws an Any of a message in this file, of an imported one, and of well-known ones.
func drawAny(t *rapid.T) any {
	name := rapid.SampledFrom([]string{"shop.Item", "shop.Money", "google.protobuf.Duration", "google.protobuf.StringValue"}).Draw(t, "type")
	value := map[string]any{}
	switch name {
	case "shop.Item":
		value = drawProtoItem(t).(map[string]any)
	case "shop.Money":
		value = drawMoney(t).(map[string]any)
	case "google.protobuf.Duration":
		value["value"] = drawDuration(t)
	default:
		value["value"] = rapid.String().Draw(t, "value")
	}
	value["@type"] = "type.googleapis.com/" + name
	return value
}

// drawStructValue draws a google.protobuf.Value.
func drawStructValue(t *rapid.T, depth int) any {
	kinds := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(), rapid.Float64Range(-1e18, 1e18).AsAny(),
	}
	if depth > 0 {
		inner := rapid.Custom(func(t *rapid.T) any { return drawStructValue(t, depth-1) })
		kinds = append(kinds, rapid.SliceOfN(inner, 0, 3).AsAny(), rapid.MapOfN(rapid.String(), inner, 0, 3).AsAny())
	}
	return rapid.OneOf(kinds...).Draw(t, "value")
}
