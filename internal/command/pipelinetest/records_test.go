package pipelinetest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/command/pipelinetest"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/testfile"
)

func TestFilteredAndDropped(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want testfile.Outcome
		diff string
	}{
		"filtered":                  {loaderline.ErrFiltered, testfile.Filtered, ""},
		"filtered, with the reason": {fmt.Errorf("a heartbeat: %w", loaderline.ErrFiltered), testfile.Filtered, ""},
		"filtered, not dropped":     {loaderline.ErrFiltered, testfile.Dropped, "-\"dropped\"\n+\"filtered\""},
		"dropped":                   {nil, testfile.Dropped, ""},
		"dropped, not filtered":     {nil, testfile.Filtered, "-\"filtered\"\n+\"dropped\""},
	} {
		t.Run(name, func(t *testing.T) {
			decode := func(loaderline.Record) (jsonenrich.Document, error) { return jsonenrich.Document{}, test.err }
			got := pipelinetest.CompareDecoded(testfile.Expect{Outcome: test.want}, &kgo.Record{Topic: "events"}, decode)
			if _, lines, _ := strings.Cut(got, "\n"); lines != test.diff {
				t.Errorf("got %q, want %q", lines, test.diff)
			}
		})
	}
}

func TestRecordsThatDoNotFit(t *testing.T) {
	for records, want := range map[string]string{
		"{event: {}, record: {topic: event}}":                                                   `a_test.yaml:2:52: tests[0].events[0].record.topic: "event" is not an input topic of the pipeline; did you mean events?`,
		"{event: {}, record: {topic: xyz}}":                                                     `"xyz" is not an input topic of the pipeline; input.topics has events`,
		"{event: {}, record: {offset: 7}}, {event: {}, record: {offset: 7}}":                    "tests[0].events[1].record.offset: offset 7 is not behind offset 7, which the event before in its partition has",
		"{}, {}, {event: {}, record: {offset: 0}}":                                              "tests[0].events[2].record.offset: offset 0 is not behind offset 1, which",
		"{event: {}, record: {offset: 7}}, {}, {event: {}, record: {topic: events, offset: 8}}": "tests[0].events[2].record.offset: offset 8 is not behind offset 8, which",
	} {
		expect := strings.Repeat("{}, ", strings.Count(records, "{}"))
		_, err := load(t, "tests:\n  - {name: a, events: ["+records+"], expect: ["+expect+"]}\n")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s:\n got %v\nwant one line with %s", records, err, want)
		}
	}
}
