package pipelinetest

import (
	"bytes"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/testfile"
	"github.com/loaderline/loaderline/sink"
)

// outcome is what became of an event; the zero outcome is that it was dropped.
type outcome struct {
	records  []*kgo.Record // in the order of Encode; of a dead letter one
	dead     bool
	filtered bool
	outage   *loaderr.OutageError
}

// compare is the difference between what was expected and what became of an event, empty where there is none. Both are
// written as JSON, and of what became of the event only that which the test looks at.
func compare(want testfile.Expect, got outcome) string {
	a, b := document(wanted(want)), document(found(want, got))
	if a == b {
		return ""
	}
	_, lines, _ := bytes.Cut(diff.Diff("want", []byte(a), "got", []byte(b)), []byte("\n+++ got\n"))
	return strings.TrimSuffix(string(lines), "\n")
}

// wanted is what the test says.
func wanted(want testfile.Expect) any {
	switch want.Outcome {
	case testfile.Filtered, testfile.Dropped, testfile.Outage:
		return string(want.Outcome)
	case testfile.DeadLetter, testfile.Record:
	}
	if want.Several == nil {
		return wantedRecord(want)
	}
	all := make([]any, len(want.Several))
	for i, record := range want.Several {
		all[i] = wantedRecord(record)
	}
	return all
}

func wantedRecord(want testfile.Expect) map[string]any {
	says := map[string]any{}
	if want.Outcome == testfile.DeadLetter {
		says["dead_letter"] = mentioned(want.Failure, want.Failure)
	} else if want.Value != nil {
		says["value"] = tree(want.Value)
	}
	if want.Key != nil {
		says["key"] = *want.Key
	}
	if want.NoKey {
		says["key"] = nil
	}
	if want.Topic != nil {
		says["topic"] = *want.Topic
	}
	if len(want.Headers) > 0 {
		headers := map[string]any{}
		for _, h := range want.Headers {
			headers[h.Name] = h.Value
		}
		says["headers"] = headers
	}
	return says
}

// found is what became of the event, as far as the test looks at it, or all of it where that is something else.
func found(want testfile.Expect, got outcome) any {
	switch {
	case got.outage != nil && want.Outcome == testfile.Outage:
		return string(testfile.Outage)
	case got.outage != nil:
		return map[string]any{"outage": got.outage.Error()}
	case got.filtered:
		return string(testfile.Filtered)
	case len(got.records) == 0:
		return string(testfile.Dropped)
	case got.dead && want.Outcome != testfile.DeadLetter:
		died := failureOf(got.records[0])
		return map[string]any{"dead_letter": mentioned(died, died)}
	case len(got.records) == 1 && want.Several == nil:
		return foundRecord(want, got.records[0], got.dead)
	}
	all := make([]any, len(got.records))
	for i, record := range got.records {
		// A record that is not expected is shown whole.
		one := testfile.Expect{}
		if i < len(want.Several) {
			one = want.Several[i]
		}
		all[i] = foundRecord(one, record, got.dead)
	}
	return all
}

// foundRecord is a record as far as the test looks at it.
func foundRecord(want testfile.Expect, got *kgo.Record, dead bool) map[string]any {
	says := map[string]any{}
	switch {
	case want.Outcome == testfile.DeadLetter && dead:
		says["dead_letter"] = mentioned(want.Failure, failureOf(got))
	case want.Outcome != testfile.Record:
		return map[string]any{"value": tree(got.Value)}
	case want.Value != nil && want.Partial:
		says["value"] = part(tree(want.Value), tree(got.Value))
	case want.Value != nil:
		says["value"] = tree(got.Value)
	}
	if want.Key != nil || want.NoKey {
		says["key"] = nullable(got.Key)
	}
	if want.Topic != nil {
		says["topic"] = got.Topic
	}
	if len(want.Headers) > 0 {
		headers := map[string]any{}
		for _, h := range want.Headers {
			headers[h.Name] = nil
			if value, ok := header(got, h.Name); ok {
				headers[h.Name] = value
			}
		}
		says["headers"] = headers
	}
	return says
}

func nullable(b []byte) any {
	if b == nil {
		return nil
	}
	return string(b)
}

func failureOf(r *kgo.Record) testfile.Failure {
	of := func(name string) string {
		value, _ := header(r, name)
		return value
	}
	return testfile.Failure{
		Kind: of(sink.HeaderErrorKind), Stage: of(sink.HeaderErrorStage), Code: of(sink.HeaderErrorCode), Message: of(sink.HeaderErrorMessage),
	}
}

// mentioned returns the fields of a failure that the test names. A message that contains the wanted text is replaced by it.
func mentioned(want, got testfile.Failure) map[string]any {
	if strings.Contains(got.Message, want.Message) {
		got.Message = want.Message
	}
	says := map[string]any{}
	for _, field := range []struct{ name, want, got string }{
		{"kind", want.Kind, got.Kind},
		{"stage", want.Stage, got.Stage},
		{"code", want.Code, got.Code},
		{"message", want.Message, got.Message},
	} {
		if field.want != "" {
			says[field.name] = field.got
		}
	}
	return says
}
