package pipelinetest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// document is a tree as text: names sorted, and a line for each value.
func document(tree any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(tree); err != nil {
		return err.Error() // A tree has nothing that is no JSON.
	}
	return b.String()
}

// tree is JSON as maps and lists, in which equal numbers are equal texts. What is not JSON is text, and no value is null.
func tree(value []byte) any {
	if value == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var t any
	if err := d.Decode(&t); err != nil {
		return string(value)
	}
	return withNumbers(t)
}

func withNumbers(t any) any {
	switch v := t.(type) {
	case json.Number:
		return json.Number(number(string(v)))
	case map[string]any:
		for name, value := range v {
			v[name] = withNumbers(value)
		}
	case []any:
		for i, value := range v {
			v[i] = withNumbers(value)
		}
	}
	return t
}

// maxZeros is how many zeros a number is written with rather than an exponent.
const maxZeros = 20

// number is the one text of all that are the same number: no digit is lost, and none is there in vain.
func number(text string) string {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	scale := 0
	if exponent != "" {
		var err error
		if scale, err = strconv.Atoi(exponent); err != nil {
			return text
		}
	}
	digits, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	digits = strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0"
	}
	scale -= len(fraction)
	trimmed := strings.TrimRight(digits, "0")
	scale, digits = scale+len(digits)-len(trimmed), trimmed
	switch {
	case scale >= 0 && scale <= maxZeros:
		digits += strings.Repeat("0", scale)
	case scale < 0 && -scale < len(digits):
		digits = digits[:len(digits)+scale] + "." + digits[len(digits)+scale:]
	case scale < 0 && -scale-len(digits) <= maxZeros:
		digits = "0." + strings.Repeat("0", -scale-len(digits)) + digits
	default:
		digits += "e" + strconv.Itoa(scale)
	}
	if negative {
		return "-" + digits
	}
	return digits
}

// part returns the part of a tree that another tree names: the same members of objects, at any depth. Lists are reduced element
// by element if they have the same length, and are returned whole otherwise.
func part(want, got any) any {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return got
		}
		of := map[string]any{}
		for name, value := range w {
			if found, ok := g[name]; ok {
				of[name] = part(value, found)
			}
		}
		return of
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return got
		}
		of := make([]any, len(w))
		for i := range w {
			of[i] = part(w[i], g[i])
		}
		return of
	default:
		return got
	}
}
