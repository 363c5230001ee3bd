package expression_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/expression"
)

// eval evaluates an expression for the JSON values of its fields, and returns its result as JSON.
func eval(t *testing.T, text string, fields map[string]string) (string, error) {
	t.Helper()
	e, err := expression.Parse(text, expression.Names{Roots: []string{"event", "user", "record"}, Types: map[string]expression.Type{
		"record.topic": expression.Text, "record.offset": expression.Whole, "record.timestamp": expression.Time,
	}})
	if err != nil {
		return "", err
	}
	values := make([]any, len(e.Paths()))
	for i, p := range e.Paths() {
		if values[i], err = expression.Value([]byte(fields[p.String()])); err != nil {
			return "", err
		}
	}
	result, err := e.Eval(t.Context(), values)
	if err != nil {
		return "", err
	}
	json, err := expression.AppendJSON(nil, result)
	return string(json), err
}

var eventFields = map[string]string{
	"event.amount": "19", "event.vat": "0.25", "event.name": `"Ada \"L\""`, "event.items": `[{"n":1},{"n":2.5}]`, "event.huge": "9223372036854775807",
	"event.zero": "0", "event.note": "null", "record.topic": `"orders"`, "record.offset": "42", "record.timestamp": `"2026-03-01T23:30:00.5Z"`,
}

func TestResults(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`event.amount * (1 + event.vat)`, `23.75`},
		{`event.amount + 1`, `20`},
		{`event.amount / 2`, `9.5`},
		{`event.amount - 20`, `-1`},
		{`-event.huge`, `-9223372036854775807`},
		{`upper(event.name)`, `"ADA \"L\""`},
		{`event.name + "!"`, `"Ada \"L\"!"`},
		{`event.absent`, `null`},
		{`event.absent + 1`, `null`},
		{`event.note ?? "none"`, `"none"`},
		{`event.amount > 10`, `true`},
		{`event.amount > 10 ? "large" : "small"`, `"large"`},
		{`map(event.items, .n)`, `[1,2.5]`},
		{`{"b": event.amount, "a": [1, "x", null, true]}`, `{"a":[1,"x",null,true],"b":19}`},
		{`sum(map(event.items, .n))`, `3.5`},
		{`split("a,b", ",")`, `["a","b"]`},
		{`1..3`, `[1,2,3]`},
		{`groupBy(event.items, .n > 2)`, `{"false":[{"n":1}],"true":[{"n":2.5}]}`},
		{`event.amount ** 20`, `3.758997345754596e+25`},
		{`0.0000001 * 1`, `1e-7`},
		{`record.offset + 1`, `43`},
		{`record.topic + "/" + string(record.offset)`, `"orders/42"`},
		{`record.timestamp`, `"2026-03-01T23:30:00.5Z"`},
		{`record.timestamp + duration("1h")`, `"2026-03-02T00:30:00.5Z"`},
		{`record.timestamp.Year()`, `2026`},
		{`record.timestamp.Format("2006-01-02")`, `"2026-03-01"`},
		{`record.timestamp > date("2026-01-01")`, `true`},
		{`(record.timestamp - date("2026-03-01")).Hours()`, `23.500138888888888`},
		{`"text"`, `"text"`},
		{`2`, `2`},
	} {
		got, err := eval(t, c.text, eventFields)
		if err != nil || got != c.want {
			t.Errorf("%s is %s, %v; want %s", c.text, got, err, c.want)
		}
	}
}

func TestResultsThatAreErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`event.huge + 1`, "more than 64 bits"},
		{`0 - event.huge - 2`, "more than 64 bits"},
		{`event.huge * 2`, "more than 64 bits"},
		{`event.huge * event.huge`, "more than 64 bits"},
		{`event.amount / event.zero`, "not a finite number"},
		{`event.amount % event.zero`, "divide by zero"},
		{`event.name * 2`, "invalid operation"},
		{`record.timestamp - date("2026-01-01")`, "no JSON value"},
		{`record.offset + "x"`, "mismatched types"},
		{`record.topic > 3`, "mismatched types"},
		{`evnt.amount`, "a field begins with event or user or record"},
		{`event.amount +`, "ends too early"},
	} {
		got, err := eval(t, c.text, eventFields)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s is %s, %v; want an error with %q", c.text, got, err, c.want)
		}
	}
}

// TestWholeNumbersAreExact compares sums, differences and products with those of larger numbers.
func TestWholeNumbersAreExact(t *testing.T) {
	e, err := expression.Parse(`[event.a + event.b, event.a - event.b, event.a * event.b]`, expression.Names{Roots: []string{"event"}})
	if err != nil {
		t.Fatal(err)
	}
	number := rapid.OneOf(rapid.Int(), rapid.IntRange(-9, 9), rapid.SampledFrom([]int{math.MaxInt, math.MinInt, math.MaxInt - 1, math.MinInt + 1, 1 << 32, -1 << 32}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		results, err := e.Eval(t.Context(), []any{a, b})
		want, fits := calculate(a, b)
		if !fits {
			if err == nil {
				t.Fatalf("%d and %d: %v, want an error", a, b, results)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range results.([]any) {
			if got != want[i] {
				t.Errorf("%d and %d: %v, want %v", a, b, results, want)
			}
		}
	})
}
