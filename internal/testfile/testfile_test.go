package testfile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/internal/testfile"
)

func TestParse(t *testing.T) {
	const text = `
env: {SHOP_DSN: "postgres://db/shop"}
stubs:
  user: [{id: 7, price: 1.50, tags: [a, null, true]}]
tests:
  - name: one
    stubs:
      plan: {rows: [], error: {message: denied, code: "42501", keys: [7, [a, 1]]}}
      shop: {error: denied}
      away: {outage: refused}
    events: [{user_id: 9007199254740993}, {value: 1, other: 2}, {key: k, value: null, headers: {a: b, c: null}}, {raw: "no JSON"}, text]
    expect:
      - value: {n: 1e400, m: -123456789012345678901234567890, s: "1e400"}
      - contains: {n: 1}
        key: k
        topic: t
        headers: {a: null}
      - dead_letter: {kind: missing, stage: user, code: "1", message: m}
      - dropped
      - outage
  - {name: two, stubs: {user: []}, events: [{}], expect: [{}]}
`
	got, err := testfile.Parse("a_test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p := func(s string) *string { return &s }
	row := func(fields ...string) testfile.Row {
		var r testfile.Row
		for i := 0; i < len(fields); i += 2 {
			r.Fields = append(r.Fields, testfile.Field{Name: fields[i], Value: []byte(fields[i+1])})
		}
		return r
	}
	user := testfile.Stub{Rows: []testfile.Row{row("id", "7", "price", "1.50", "tags", `["a",null,true]`)}}
	want := &testfile.File{
		Path: "a_test.yaml", Env: map[string]string{"SHOP_DSN": "postgres://db/shop"},
		Tests: []testfile.Test{
			{
				Name: "one", Line: 6,
				Stubs: map[string]testfile.Stub{
					"user": user,
					"plan": {Error: &testfile.Error{Message: "denied", Code: "42501", Keys: make([]strictyaml.Node, 2)}},
					"shop": {Error: &testfile.Error{Message: "denied"}},
					"away": {Outage: "refused"},
				},
				Events: []testfile.Event{
					{Value: []byte(`{"user_id":9007199254740993}`)},
					{Value: []byte(`{"value":1,"other":2}`)},
					{Key: []byte("k"), Headers: []testfile.Header{{Name: "a", Value: p("b")}, {Name: "c"}}},
					{Value: []byte("no JSON")},
					{Value: []byte(`"text"`)},
				},
				Expect: []testfile.Expect{
					{Outcome: testfile.Record, Value: []byte(`{"n":1e400,"m":-123456789012345678901234567890,"s":"1e400"}`)},
					{Outcome: testfile.Record, Value: []byte(`{"n":1}`), Partial: true, Key: p("k"), Topic: p("t"), Headers: []testfile.Header{{Name: "a"}}},
					{Outcome: testfile.DeadLetter, Failure: testfile.Failure{Kind: "missing", Stage: "user", Code: "1", Message: "m"}},
					{Outcome: testfile.Dropped},
					{Outcome: testfile.Outage},
				},
			},
			{
				Name: "two", Line: 21, Stubs: map[string]testfile.Stub{"user": {}},
				Events: []testfile.Event{{Value: []byte("{}")}}, Expect: []testfile.Expect{{Outcome: testfile.Record}},
			},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Comparer(func(_, _ strictyaml.Node) bool { return true })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWrongFiles(t *testing.T) {
	const test = "tests:\n  - {name: a, events: [{}], expect: [dropped]"
	for text, want := range map[string]string{
		"":                          "1:1: the file is empty; write tests:",
		"- a":                       "1:1: want a mapping, found a list",
		"a: 1\n---\nb: 2":           "3:1: a second document starts here",
		"tests: []":                 "1:1: there is no test",
		"tests: {a: b}":             "1:8: tests: want a list, found a mapping",
		"test: []":                  `1:1: test: unknown key; did you mean "tests"?`,
		"xyz: []":                   "1:1: xyz: unknown key; a test file has env, stubs, tests",
		"env: {A: 1}":               "1:10: env.A: want text, found 1; put it in quotes",
		"tests: &a []":              "anchors",
		test + ", name: b}":         "duplicate key",
		"tests:\n  - {events: [1]}": "2:5: tests[0]: the test has no name",
		"tests:\n  - {name: a}":     "2:5: tests[0]: the test has no events",
		"tests:\n  - {name: a, events: [1, 2], expect: [dropped]}":                                        "2:5: tests[0]: the test has 2 events and expects 1 outcome",
		test + "}\n  - {name: a, events: [{}], expect: [dropped]}":                                        `3:5: tests[1]: the test in line 2 is called "a" too`,
		test + ", stubs: {user: [1]}}":                                                                    "tests[0].stubs.user[0]: a row is a mapping of its columns",
		test + ", stubs: {user: {row: []}}}":                                                              `tests[0].stubs.user.row: unknown key; did you mean "rows"?`,
		test + ", stubs: {user: {error: {code: \"1\"}}}}":                                                 "tests[0].stubs.user.error: the error has no message",
		test + ", stubs: {user: [{id: .5}]}}":                                                             "tests[0].stubs.user[0].id: .5 is a number that JSON does not know",
		test + ", stubs: {user: [{1: 2}]}}":                                                               "tests[0].stubs.user[0]: a key must be text, found 1",
		"tests:\n  - {name: a, events: [{value: 1, raw: x}], expect: [dropped]}":                          "tests[0].events[0]: value is JSON and raw is text",
		"tests:\n  - {name: a, events: [1], expect: [drop]}":                                              `tests[0].expect[0]: "drop" is not an outcome; write filtered, dropped or outage`,
		"tests:\n  - {name: a, events: [{event: 1, raw: x, record: {}}], expect: [dropped]}":              "tests[0].events[0]: event is JSON and raw is text",
		"tests:\n  - {name: a, events: [{event: 1, record: {topics: a}}], expect: [dropped]}":             `tests[0].events[0].record.topics: unknown key; did you mean "topic"?`,
		"tests:\n  - {name: a, events: [{event: 1, record: {partition: -1}}], expect: [dropped]}":         "2:55: tests[0].events[0].record.partition: -1 is not a partition; write a whole number from 0 to 2147483647",
		"tests:\n  - {name: a, events: [{event: 1, record: {partition: 2147483648}}], expect: [dropped]}": "2147483648 is not a partition",
		"tests:\n  - {name: a, events: [{event: 1, record: {offset: 1.5}}], expect: [dropped]}":           "record.offset: 1.5 is not an offset; write a whole number from 0 to 9007199254740991",
		"tests:\n  - {name: a, events: [{event: 1, record: {offset: 9007199254740992}}], expect: []}":     "9007199254740992 is not an offset",
		"tests:\n  - {name: a, events: [{event: 1, record: {offset: \"7\"}}], expect: [dropped]}":         `"7" is not an offset`,
		"tests:\n  - {name: a, events: [{event: 1, record: {timestamp: 5}}], expect: [dropped]}":          "record.timestamp: want text, found 5",
		"tests:\n  - {name: a, events: [{event: 1, record: {timestamp: now}}], expect: [dropped]}":        `record.timestamp: "now" is not a time; write one such as 2026-11-24T08:00:00Z`,
		"tests:\n  - {name: a, events: [1], expect: [{value: 1, contains: 2}]}":                           "tests[0].expect[0]: value is the whole value and contains a part of it",
		"tests:\n  - {name: a, events: [1], expect: [{value: 1, dead_letter: {kind: missing}}]}":          "tests[0].expect[0]: a dead letter has the value of its event",
		"tests:\n  - {name: a, events: [1], expect: [[]]}":                                                "tests[0].expect[0]: the list is empty; write dropped for an event without a record",
		"tests:\n  - {name: a, events: [1], expect: [[dropped, {}]]}":                                     "tests[0].expect[0][0]: a record of several is a mapping with value or contains",
		"tests:\n  - {name: a, events: [1], expect: [[{dead_letter: {}}]]}":                               "tests[0].expect[0][0]: an event has its records or one dead letter",
		"tests:\n  - {name: a, events: [1], expect: [[{}, {vale: 1}]]}":                                   `tests[0].expect[0][1].vale: unknown key; did you mean "value"?`,
		"tests:\n  - {name: a, events: [1], expect: [{dead_letter: {kind: mising}}]}":                     `tests[0].expect[0].dead_letter: there is no kind "mising" of dead letters; did you mean missing?`,
	} {
		_, err := testfile.Parse("a_test.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "a_test.yaml:") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q:\n got %v\nwant one line with %s", text, err, want)
		}
	}
}

// A list expects the records of one event. A key of null is no key.
func TestParseSeveralRecords(t *testing.T) {
	f, err := testfile.Parse("a_test.yaml", []byte("tests:\n  - {name: a, events: [1], expect: [[{value: 1, key: null}, {contains: 2, key: k}]]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	k := "k"
	want := testfile.Expect{Outcome: testfile.Record, Several: []testfile.Expect{
		{Outcome: testfile.Record, Value: []byte("1"), NoKey: true}, {Outcome: testfile.Record, Value: []byte("2"), Partial: true, Key: &k},
	}}
	if diff := cmp.Diff(want, f.Tests[0].Expect[0]); diff != "" {
		t.Error(diff)
	}
}

// The parts of a record are read beside its event. A mapping with any other key is an event.
func TestParseRecords(t *testing.T) {
	const text = `
tests:
  - name: a
    events:
      - {event: {n: 1}, record: {key: k, headers: {a: b, c: null}, topic: t, partition: 3, offset: 9007199254740991, timestamp: 2026-11-24T08:00:00Z}}
      - {raw: x, record: {offset: 0}}
      - {event: null, record: {}}
      - {event: 1, record: text}
      - {event: 1, record: {}, other: 2}
      - {record: {key: k}}
    expect: [filtered, {}, {}, {}, {}, {}]
`
	got, err := testfile.Parse("a_test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	b, zero, last := "b", int64(0), int64(1<<53-1)
	want := []testfile.Event{
		{
			Value: []byte(`{"n":1}`), Key: []byte("k"), Headers: []testfile.Header{{Name: "a", Value: &b}, {Name: "c"}},
			Topic: "t", Partition: 3, Offset: &last, Timestamp: time.UnixMilli(1795507200000),
		},
		{Value: []byte("x"), Offset: &zero},
		{},
		{Value: []byte(`{"event":1,"record":"text"}`)},
		{Value: []byte(`{"event":1,"record":{},"other":2}`)},
		{Value: []byte(`{"record":{"key":"k"}}`)},
	}
	if diff := cmp.Diff(want, got.Tests[0].Events, cmpopts.EquateEmpty(), cmp.Comparer(func(_, _ strictyaml.Node) bool { return true })); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if outcome := got.Tests[0].Expect[0].Outcome; outcome != testfile.Filtered {
		t.Errorf("the first event is expected to be %s", outcome)
	}
}

func TestOf(t *testing.T) {
	for path, want := range map[string][2]string{
		"a.yaml":          {"a.yaml", "a_test.yaml"},
		"b/a.b_test.yml":  {"b/a.b.yml", "b/a.b_test.yml"},
		"pipeline":        {"pipeline", "pipeline_test"},
		"shop_tests.yaml": {"shop_tests.yaml", "shop_tests_test.yaml"},
	} {
		if pipeline, tests := testfile.Of(path); [2]string{pipeline, tests} != want {
			t.Errorf("%s: got %s and %s, want %s", path, pipeline, tests, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("stubs: {a: [{id: 1}]}\ntests: [{name: a, stubs: {b: {error: {message: m, keys: [1]}, outage: x}}, events: [{value: 1}], expect: [{contains: {}, headers: {a: null}}]}]"))
	f.Add([]byte("tests: [{name: a, events: [{event: 1, record: {key: k, topic: t, partition: 1, offset: 2, timestamp: 2026-11-24T08:00:00Z, headers: {a: b}}}], expect: [filtered]}]"))
	f.Add([]byte("tests:\n- name: |\n    a\n  events: [\"\\x01\", 1e5, .inf, 0x1, ~]\n  expect: [dropped]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := testfile.Parse("a_test.yaml", data)
		if err != nil {
			return
		}
		for _, test := range file.Tests {
			if test.Name == "" || len(test.Events) == 0 || len(test.Events) != len(test.Expect) || test.Line < 1 {
				t.Errorf("%q: test %+v", data, test)
			}
		}
	})
}
