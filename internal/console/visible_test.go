package console_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain é 日 \ufffd\n\t":           "plain é 日 \ufffd\n\t",
		"\x1b]0;x\x07\r\x7f\x00":         `\x1b]0;x\x07\x0d\x7f\x00`,
		"\u0080\u009b\u009f\u00a0":       `\u0080\u009b\u009f` + "\u00a0",
		"\x80\x9b\xff\xc0\x9b":           `\x80\x9b\xff\xc0\x9b`,
		"\u202e\u2066\u200f\u061c\u200b": `\u202e\u2066\u200f\u061c\u200b`,
		"\u2028\u2029\U000e0041":         `\u2028\u2029\U000e0041`,
	} {
		if got := console.Visible(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// harmless fails where text has what a terminal would obey.
func harmless(t interface{ Errorf(string, ...any) }, text string) {
	for i, r := range text {
		broken := r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError))
		if broken || r != '\n' && r != '\t' && unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			t.Errorf("%q has %q at %d", text, r, i)
		}
	}
}

// However a text is divided into writes, a terminal gets the same, and nothing that it would obey.
func TestTerminalGetsVisibleText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.OneOf(rapid.SliceOf(rapid.Byte()), rapid.Map(rapid.String(), func(s string) []byte { return []byte(s) })).Draw(t, "data")
		data = append(data, '\n')
		var whole, parts bytes.Buffer
		one, other := console.NewVisible(&whole, "\x1bmark"), console.NewVisible(&parts, "\x1bmark")
		if n, err := one.Write(data); n != len(data) || err != nil {
			t.Fatalf("%d of %d, %v", n, len(data), err)
		}
		for rest := data; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			if _, err := other.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if whole.String() != parts.String() || whole.String() != console.Visible(string(data)) {
			t.Errorf("whole %q, in parts %q", whole.String(), parts.String())
		}
		harmless(t, whole.String())
	})
}

func TestColoursPassVisible(t *testing.T) {
	var out bytes.Buffer
	v := console.NewVisible(&out, "\x1bmark")
	for _, b := range []byte("\x1bmark[1ma\x1b[1mb\x1bmar\x1b\x1bmark[0m\n") {
		if _, err := v.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	if want := "\x1b[1ma" + `\x1b[1mb\x1bmar\x1b` + "\x1b[0m\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// The JSON that is written is harmless, and means what it would mean otherwise.
func TestJSONIsHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := map[string]any{rapid.String().Draw(t, "name"): rapid.OneOf(rapid.String(), rapid.Just("\u009b\u202e\x7f\x1b\U000e0041\ufffd")).Draw(t, "value")}
		var out bytes.Buffer
		if err := console.NewEncoder(&out).Encode(data); err != nil {
			t.Fatal(err)
		}
		harmless(t, out.String())
		plain, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v", out.String(), err)
		}
		if err := json.Unmarshal(plain, &want); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if wanted, err := json.Marshal(want); err != nil || !bytes.Equal(again, wanted) {
			t.Errorf("%s means %s, want %s", out.String(), again, wanted)
		}
	})
}

// A raw document keeps its meaning too, but for bytes that are not UTF-8.
func TestRawJSONIsHarmless(t *testing.T) {
	var out bytes.Buffer
	if err := console.NewEncoder(&out).Encode(json.RawMessage("{\"a\":\"\u009b\x9b\x7f\"}")); err != nil {
		t.Fatal(err)
	}
	if want := `{"a":"\u009b\ufffd\u007f"}` + "\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestLogIsHarmless(t *testing.T) {
	for _, format := range []pipelinefile.LogFormat{pipelinefile.LogFormatText, pipelinefile.LogFormatJSON} {
		var out bytes.Buffer
		c := console.Console{Err: &out}
		c.Logger(pipelinefile.Log{Format: format}).ErrorContext(t.Context(), "no", "error", "\x1b[2J\u009b\x9b\r\x7f\u202e")
		harmless(t, out.String())
	}
}
