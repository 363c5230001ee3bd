package avro_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	library "github.com/twmb/avro"
)

// float is a float in what is expected, of which JSON has several texts.
type float struct {
	value float64
	bits  int
}

// anyScale is a decimal in what is expected, whose zeros at the end do not matter.
type anyScale string

// rendered is what a value, as the library decodes it with tagged unions, has to look like in JSON: a tree as encoding/json makes it, with
// numbers as they stand, and floats.
func rendered(x *typ, value any) any {
	switch x.kind {
	case "union":
		if value == nil {
			return nil
		}
		for name, inner := range value.(map[string]any) {
			for _, b := range x.branches {
				if b.branchName() == name {
					return rendered(b, inner)
				}
			}
		}
		panic(fmt.Sprintf("no type of the union for %v", value))
	case "record":
		out := map[string]any{}
		for _, m := range x.fields {
			out[m.name] = rendered(m.typ, value.(map[string]any)[m.name])
		}
		return out
	case "map":
		out := map[string]any{}
		for key, inner := range value.(map[string]any) {
			out[key] = rendered(x.item, inner)
		}
		return out
	case "array":
		out := []any{}
		for _, inner := range value.([]any) {
			out = append(out, rendered(x.item, inner))
		}
		return out
	default:
		return renderedScalar(x, value)
	}
}

func renderedScalar(x *typ, value any) any {
	switch v := value.(type) {
	case *big.Rat:
		if x.logical == "big-decimal" {
			places, _ := v.FloatPrec()
			return anyScale(v.FloatString(places))
		}
		return json.Number(v.FloatString(x.scale))
	case big.Rat:
		return json.Number(v.FloatString(x.scale))
	case [16]byte:
		h := fmt.Sprintf("%x", v[:])
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	case time.Time:
		return renderedTime(x, v)
	case time.Duration:
		if v < 0 || v >= 24*time.Hour {
			unit := map[string]time.Duration{"time-millis": time.Millisecond, "time-micros": time.Microsecond}[x.logical]
			return json.Number(strconv.FormatInt(int64(v/unit), 10))
		}
		return time.Time{}.Add(v).Format("15:04:05.999999999")
	case library.Duration:
		return renderedDuration(v)
	case float32:
		return float{float64(v), 32}
	case float64:
		return float{v, 64}
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case int32, int64:
		return json.Number(fmt.Sprint(v))
	default:
		return value
	}
}

func renderedTime(x *typ, v time.Time) any {
	name := strings.TrimPrefix(x.logical, "local-")
	if year := v.UTC().Year(); year < 0 || year > 9999 {
		number := map[string]int64{"date": v.Unix() / 86400, "timestamp-millis": v.UnixMilli(), "timestamp-micros": v.UnixMicro(), "timestamp-nanos": v.UnixNano()}[name]
		return json.Number(strconv.FormatInt(number, 10))
	}
	switch {
	case name == "date":
		return v.UTC().Format(time.DateOnly)
	case name != x.logical:
		return v.UTC().Format("2006-01-02T15:04:05.999999999")
	default:
		return v.UTC().Format("2006-01-02T15:04:05.999999999Z")
	}
}

func renderedDuration(d library.Duration) string {
	text := fmt.Sprintf("P%dM%dDT%d.%03d", d.Months, d.Days, d.Milliseconds/1000, d.Milliseconds%1000)
	text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	if strings.HasSuffix(text, "T") { // The zeros of "T0.000" are gone, or those of a whole number.
		text += "0"
	}
	if d.Milliseconds%1000 == 0 {
		text = fmt.Sprintf("P%dM%dDT%d", d.Months, d.Days, d.Milliseconds/1000)
	}
	text += "S"
	if d.Months == 0 {
		text = strings.Replace(text, "P0M", "P", 1)
	}
	if d.Days == 0 {
		text = strings.Replace(strings.Replace(text, "M0D", "M", 1), "P0D", "P", 1)
	}
	if d.Milliseconds == 0 && (d.Months > 0 || d.Days > 0) {
		text = strings.TrimSuffix(text, "T0S")
	}
	return text
}

// same compares a tree that encoding/json has read with what is expected. Numbers are equal if their values are, where loose is true, and
// else if their texts are.
func same(want, got any, loose bool) bool {
	switch w := want.(type) {
	case float:
		return sameFloat(w, got)
	case anyScale:
		return sameNumber(json.Number(w), got, true)
	case json.Number:
		return sameNumber(w, got, loose)
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for name := range w {
			if inner, ok := g[name]; !ok || !same(w[name], inner, loose) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for i := range w {
			if !same(w[i], g[i], loose) {
				return false
			}
		}
		return true
	case string:
		if _, ok := got.(json.Number); ok && loose {
			return sameNumber(json.Number(w), got, true) // Base64 that is a number too, where a union has a decimal.
		}
		return want == got
	default:
		return want == got
	}
}

func sameNumber(want json.Number, got any, loose bool) bool {
	g, ok := got.(json.Number)
	if !ok || !loose {
		return ok && want == g
	}
	a, okA := new(big.Rat).SetString(want.String())
	b, okB := new(big.Rat).SetString(g.String())
	return okA && okB && a.Cmp(b) == 0
}

func sameFloat(want float, got any) bool {
	var text string
	switch g := got.(type) {
	case json.Number:
		text = g.String()
	case string:
		text = g
	default:
		return false
	}
	value, err := strconv.ParseFloat(text, want.bits)
	return err == nil && (value == want.value || math.IsNaN(value) && math.IsNaN(want.value))
}
