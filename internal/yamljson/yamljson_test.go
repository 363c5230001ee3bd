package yamljson_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/yamljson"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConvert(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                   `null`,
		"# nothing":                          `null`,
		"a: [1, 1.5, 1e3, text, true, null]": `{"a":[1,1.5,1000,"text",true,null]}`,
		"a: [yes, no, on, off, y]":           `{"a":["yes","no","on","off","y"]}`,
		"a: 2026-01-02":                      `{"a":"2026-01-02"}`,
		"2026-01-02: 2026-01-02 3:04:05":     `{"2026-01-02":"2026-01-02 3:04:05"}`,
		"a: 0o17":                            `{"a":15}`,
		"a: [0, -0, 0x1F, 0.5, 10]":          `{"a":[0,0,31,0.5,10]}`,
		"a: 1:30":                            `{"a":"1:30"}`,
		"a: &x {b: 1}\nc: {<<: *x, d: 2}":    `{"a":{"b":1},"c":{"b":1,"d":2}}`,
	} {
		got, err := yamljson.Convert([]byte(text))
		if err != nil || string(got) != want {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestConvertRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a: [", "a: 1\na: 2", "1: a", "true: a", "a: \xff", "a: 017", "a: -017", "a: 0b11", "a: 1_000", "a: 1_0.5", "a:\n\t- b"} {
		if got, err := yamljson.Convert([]byte(text)); err == nil {
			t.Errorf("%q: %s", text, got)
		}
	}
}
