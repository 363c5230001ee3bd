package deadletter_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/deadletter"
	"github.com/loaderline/loaderline/sink"
)

// shown is the first dead letter as text and as JSON.
func (w *world) shown() (text, line string) {
	w.Helper()
	var asText, asJSON strings.Builder
	err := w.queue.Read(w.Context(), deadletter.Filter{Limit: 1}, func(l deadletter.Letter) error {
		if err := l.WriteText(&asText, console.Palette{}); err != nil {
			return err
		}
		return l.WriteJSON(&asJSON)
	})
	if err != nil {
		w.Fatal(err)
	}
	return asText.String(), asJSON.String()
}

// TestShowCannotSteerATerminal writes what an event brings as what it is.
func TestShowCannotSteerATerminal(t *testing.T) {
	w := newWorld(t)
	w.die(kgo.Record{
		Key: []byte("\x1b[2J"), Value: []byte("a\x1b]0;x\x07\u202e\xff\n\ufffd"),
		Headers: []kgo.RecordHeader{{Key: "h\x1b", Value: nil}},
	}, sink.Failure{Kind: sink.KindLookup, Stage: "user", Code: "57014", Message: "no", Attempts: 3})
	text, line := w.shown()
	for _, want := range []string{
		"why        lookup in stage user (57014)\n", "after 3 attempts from 20", "key        \\x1b[2J\n", "header     h\\x1b: null\n",
		"value      15 bytes\na\\x1b]0;x\\x07\\u202e\\xff\n\ufffd\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.ContainsRune(text, '\x1b') || !strings.Contains(line, `"value_base64":"YRtdMDt4B+KArv8K77+9"`) {
		t.Errorf("%s\n%s", text, line)
	}
}

func TestShowSaysWhatIsNotThere(t *testing.T) {
	w := newWorld(t)
	w.die(kgo.Record{}, lookup)
	if text, _ := w.shown(); !strings.Contains(text, "key        null\nvalue      null\n") {
		t.Errorf("%s", text)
	}
	w = newWorld(t)
	w.limit = 1000
	w.die(kgo.Record{Value: make([]byte, 2000)}, lookup)
	if text, _ := w.shown(); !strings.Contains(text, "value      left out; redrive takes it from the source, as long as that has it\n") {
		t.Errorf("%s", text)
	}
}
