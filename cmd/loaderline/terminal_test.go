package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/sink"
)

// hostileText is what a terminal would obey: ESC, BEL, CR, DEL, C1 as a character and as a byte, and a change of direction.
const hostileText = "\x1b]0;owned\x07\x1b[31m\r\x7f\u009b2J\x9b2J\u202e"

// hostile puts such text wherever others can: into records and their headers, into $HOSTILE, which may name anything, and
// into what the program at $SQUAT says is the status of pipeline $NAME.
func hostile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: hostile")
	}
	ctx := context.Background()
	const name = "enrich\u009b2J\u202e"
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(ts.Getenv("BROKERS"), ",")...))
	ts.Check(err)
	defer client.Close()
	_, err = kadm.NewClient(client).CreateTopics(ctx, 1, 1, nil, "events", "enriched", "dead", "dead-ledger")
	ts.Check(err)
	header := func(key, value string) kgo.RecordHeader { return kgo.RecordHeader{Key: key, Value: []byte(value)} }
	ts.Check(client.ProduceSync(ctx,
		&kgo.Record{Topic: "enriched", Key: []byte(hostileText), Value: []byte("raw " + hostileText), Headers: []kgo.RecordHeader{header("h"+hostileText, hostileText)}},
		&kgo.Record{Topic: "enriched", Key: []byte("\u009b\u202e\x7f"), Value: []byte("text \u009b2J\u202e\x7f")},
		&kgo.Record{Topic: "dead", Key: []byte(hostileText), Value: []byte("raw " + hostileText), Headers: []kgo.RecordHeader{
			header(sink.HeaderPipeline, name), header(sink.HeaderVersion, hostileText), header(sink.HeaderErrorKind, "lookup"+hostileText),
			header(sink.HeaderErrorStage, "user"+hostileText), header(sink.HeaderErrorCode, hostileText), header(sink.HeaderErrorMessage, "failed "+hostileText),
			header(sink.HeaderErrorFirstAt, hostileText), header(sink.HeaderErrorLastAt, hostileText), header(sink.HeaderErrorAttempts, "3"),
			header(sink.HeaderSourceTopic, "events"), header("h"+hostileText, "\u009b2J\u202e"),
		}},
	).FirstErr())
	squatter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"pipeline":%q,"instance":"squatter \u001b]0;owned\u0007\u009b2J\u202e","workers":[{"worker":1,"joined":true,"paused":"shop\u009b2J\u202e"}],"sources":[]}`, name)
	}))
	ts.Defer(squatter.Close)
	ts.Setenv("SQUAT", strings.TrimPrefix(squatter.URL, "http://"))
	ts.Setenv("NAME", name)
	ts.Setenv("HOSTILE", "nowhere"+hostileText)
}

// ours are the sequences of the console's palette.
var ours = regexp.MustCompile(`\x1b\[(0|1|2|31|32|33)m`)

// harmless wants the terminal of the last program to have a text, and nothing that it would obey but colours of our own:
// harmless TEXT.
func harmless(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: harmless text")
	}
	text := strings.ReplaceAll(ts.ReadFile("ttyout"), "\r\n", "\n") // The terminal itself adds CR.
	if !strings.Contains(text, args[0]) {
		ts.Fatalf("the terminal has no %q: %q", args[0], text)
	}
	if strings.Contains(text, "\x1b[31m\r") {
		ts.Fatalf("colours of another's reached the terminal: %q", text)
	}
	text = ours.ReplaceAllString(text, "")
	for i, r := range text {
		broken := r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError))
		if broken || unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			ts.Fatalf("%q reached the terminal: %q", r, text)
		}
	}
}
