package avro_test

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	library "github.com/twmb/avro"
	"pgregory.net/rapid"
)

// drawValue draws a value of a type, as the library takes it.
func drawValue(t *rapid.T, x *typ, depth int) any {
	switch x.kind {
	case "union":
		branch := x.branches[0]
		if depth < 6 {
			branch = rapid.SampledFrom(x.branches).Draw(t, "branch")
		} else {
			for _, b := range x.branches {
				if b.kind != "record" && b.kind != "array" && b.kind != "map" {
					branch = b
				}
			}
		}
		if branch.kind == "null" {
			return nil
		}
		return map[string]any{branch.branchName(): drawValue(t, branch, depth+1)}
	case "record":
		value := map[string]any{}
		for _, m := range x.fields {
			value[m.name] = drawValue(t, m.typ, depth+1)
		}
		return value
	case "array":
		value := []any{}
		for range items(t, depth) {
			value = append(value, drawValue(t, x.item, depth+1))
		}
		return value
	case "map":
		value := map[string]any{}
		for range items(t, depth) {
			value[rapid.String().Draw(t, "key")] = drawValue(t, x.item, depth+1)
		}
		return value
	default:
		return drawScalar(t, x)
	}
}

func items(t *rapid.T, depth int) int {
	if depth > 4 {
		return 0
	}
	return rapid.SampledFrom([]int{0, 1, 2, 3, 20, 70}[:max(2, 6-2*depth)]).Draw(t, "items")
}

func drawScalar(t *rapid.T, x *typ) any {
	switch {
	case x.logical == "big-decimal":
		value, _ := new(big.Rat).SetString(rapid.StringMatching(`-?[0-9]{1,40}(\.[0-9]{1,20})?`).Draw(t, "big-decimal"))
		return value
	case x.logical == "decimal":
		digits := rapid.StringMatching(fmt.Sprintf(`-?[0-9]{1,%d}`, x.precision)).Draw(t, "decimal")
		value, _ := new(big.Rat).SetString(digits)
		return value.Quo(value, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(x.scale)), nil)))
	case x.logical == "uuid" && x.kind == "string":
		return rapid.StringMatching(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).Draw(t, "uuid")
	case x.logical == "uuid":
		return [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid"))
	case x.logical == "duration":
		return library.Duration{Months: rapid.Uint32().Draw(t, "months"), Days: rapid.Uint32().Draw(t, "days"), Milliseconds: rapid.Uint32().Draw(t, "millis")}
	case x.logical == "time-micros": // The library's time.Duration has no room for others.
		return rapid.Int64Range(-1_000_000_000_000, 1_000_000_000_000).Draw(t, "time")
	case x.kind == "long" && strings.Contains(x.logical, "time"):
		if rapid.Bool().Draw(t, "any time") {
			return rapid.Int64().Draw(t, "time")
		}
		return rapid.Int64Range(-70_000_000_000, 260_000_000_000_000).Draw(t, "time")
	}
	return drawPlain(t, x)
}

func drawPlain(t *rapid.T, x *typ) any {
	switch x.kind {
	case "null":
		return nil
	case "boolean":
		return rapid.Bool().Draw(t, "boolean")
	case "int":
		return rapid.Int32().Draw(t, "int")
	case "long":
		return rapid.Int64().Draw(t, "long")
	case "float":
		return float32(drawFloat(t, float64(rapid.Float32().Draw(t, "float"))))
	case "double":
		return drawFloat(t, rapid.Float64().Draw(t, "double"))
	case "string":
		return rapid.String().Draw(t, "string")
	case "bytes":
		return rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
	case "fixed":
		return rapid.SliceOfN(rapid.Byte(), x.size, x.size).Draw(t, "fixed")
	case "enum":
		return rapid.SampledFrom(x.symbols).Draw(t, "symbol")
	default:
		panic("no scalar: " + x.kind)
	}
}

func drawFloat(t *rapid.T, otherwise float64) float64 {
	return rapid.SampledFrom([]float64{otherwise, otherwise, otherwise, math.NaN(), math.Inf(1), math.Inf(-1), 5, -0.25}).Draw(t, "float")
}
