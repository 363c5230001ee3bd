package counterpart_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// equal compares JSON texts, value by value. An implementation has some freedom in how a number, or a time of Protobuf, is written.
func equal(t *testing.T, what string, want, got []json.RawMessage) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if diff := cmp.Diff(tree(t, want[i]), tree(t, got[i]), cmp.Comparer(sameNumber)); diff != "" {
			t.Fatalf("%s: value %d, -want +got:\n%s\n%s", what, i, diff, want[i])
		}
	}
}

func tree(t *testing.T, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return shortTimes(value)
}

// sameNumber says that two numbers have one value. Java 17 writes some floats with more digits than they need, and so do 17 digits.
func sameNumber(a, b json.Number) bool {
	x, okX := new(big.Rat).SetString(a.String())
	y, okY := new(big.Rat).SetString(b.String())
	if !okX || !okY {
		return false
	}
	if x.Cmp(y) == 0 {
		return true
	}
	f, errF := strconv.ParseFloat(a.String(), 64)
	g, errG := strconv.ParseFloat(b.String(), 64)
	return errF == nil && errG == nil && f == g && isFloat(a) && isFloat(b)
}

// isFloat says that a number can be the text of a float, and is no long decimal.
func isFloat(n json.Number) bool {
	digits, _, _ := strings.Cut(strings.ToLower(n.String()), "e")
	return len(strings.Trim(strings.NewReplacer("-", "", ".", "").Replace(digits), "0")) <= 17
}

var longTime = regexp.MustCompile(`^(-?[0-9].*?)\.([0-9]*?)0+([sZ])$`)

// shortTimes leaves out the zeros at the end of times, of which Protobuf's libraries write 3, 6 or 9 digits.
func shortTimes(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			v[name] = shortTimes(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = shortTimes(inner)
		}
	case string:
		parts := longTime.FindStringSubmatch(v)
		switch {
		case parts == nil:
		case parts[2] == "":
			return parts[1] + parts[3]
		default:
			return parts[1] + "." + parts[2] + parts[3]
		}
	}
	return value
}

// marshal makes JSON of values.
func marshal(t *testing.T, values []any) []json.RawMessage {
	t.Helper()
	texts := make([]json.RawMessage, len(values))
	for i, v := range values {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = text
	}
	return texts
}
