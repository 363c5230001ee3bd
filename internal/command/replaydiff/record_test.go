package replaydiff

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"
)

// record reads TOPIC KEY VALUE [NAME=VALUE...]; a key of - is none.
func record(text string) *kgo.Record {
	parts := strings.Fields(text)
	r := &kgo.Record{Topic: parts[0], Key: []byte(parts[1]), Value: []byte(parts[2])}
	if parts[1] == "-" {
		r.Key = nil
	}
	for _, header := range parts[3:] {
		name, value, _ := strings.Cut(header, "=")
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	return r
}

func recordsOf(texts ...string) []*kgo.Record {
	records := make([]*kgo.Record, len(texts))
	for i, text := range texts {
		records[i] = record(text)
	}
	return records
}

func TestCompareRecords(t *testing.T) {
	for name, test := range map[string]struct{ was, now, want []string }{
		"equal":               {[]string{`out k {"a":1}`}, []string{`out k {"a":1}`}, nil},
		"a value":             {[]string{`out k {"a":1}`}, []string{`out k {"a":2}`}, []string{"a: 1 -> 2"}},
		"a topic and a key":   {[]string{`out - {"a":1}`}, []string{`gold k {"a":1}`}, []string{`(topic): "out" -> "gold"`, `(key):  -> "k"`}},
		"headers":             {[]string{`out k {} a=1 b=1 b=2 c=1`}, []string{`out k {} a=2 b=1 d=1`}, []string{`(header a): "1" -> "2"`, `(header b): ["1","2"] -> "1"`, `(header c): "1" -> `, `(header d):  -> "1"`}},
		"own headers":         {[]string{`out k {} loaderline.source.offset=1`}, []string{`out k {}`}, nil},
		"another order":       {[]string{`out a 1`, `out b 2`, `gold a 3`}, []string{`gold a 3`, `out b 2`, `out a 1`}, nil},
		"the order of a key":  {[]string{`out a 1`, `out a 2`}, []string{`out a 2`, `out a 1`}, []string{"[1] (value): 1 -> 2", "[2] (value): 2 -> 1"}},
		"a record more":       {[]string{`out a 1`}, []string{`out a 1`, `out b 2`}, []string{"[2] (record):  -> 2"}},
		"a record less":       {[]string{`out a 1`, `out b {"x":1}`}, []string{`out b {"x":2}`}, []string{"[1] x: 1 -> 2", "[2] (record): 1 -> "}},
		"another key of many": {[]string{`out a 1`, `out b 2`}, []string{`out a 1`, `out c 2`}, []string{`[2] (key): "b" -> "c"`}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range compareRecords(recordsOf(test.was...), recordsOf(test.now...)) {
				got = append(got, fmt.Sprintf("%s: %s -> %s", f.Name, string(f.Was), string(f.Now)))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// What differs one way differs the other way, and the order of partitions does not count.
func TestCompareRecordsBothWays(t *testing.T) {
	some := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) *kgo.Record {
		return record(rapid.StringMatching(`(out|gold) (a|b|-) [12]`).Draw(t, "record"))
	}), 1, 6)
	rapid.Check(t, func(t *rapid.T) {
		was, now := some.Draw(t, "was"), some.Draw(t, "now")
		if there, back := compareRecords(was, now), compareRecords(now, was); len(there) != len(back) {
			t.Fatalf("%v one way and %v the other", there, back)
		}
		again := ordered(was)
		if fields := compareRecords(was, again); len(fields) > 0 {
			t.Fatalf("records differ from themselves: %v", fields)
		}
	})
}

func TestTheLastRunCounts(t *testing.T) {
	of := func(replay, topic string, offset int64) *kgo.Record {
		r := &kgo.Record{Topic: topic, Offset: offset}
		if replay != "" {
			r.Headers = []kgo.RecordHeader{{Key: "loaderline.replay", Value: []byte(replay)}}
		}
		return r
	}
	for name, test := range map[string]struct {
		several bool
		records []*kgo.Record
		want    []*kgo.Record
	}{
		"one":                      {false, []*kgo.Record{of("", "out", 1)}, []*kgo.Record{of("", "out", 1)}},
		"published twice":          {false, []*kgo.Record{of("", "out", 1), of("", "out", 5)}, []*kgo.Record{of("", "out", 5)}},
		"several":                  {true, []*kgo.Record{of("", "out", 1), of("", "gold", 1)}, []*kgo.Record{of("", "out", 1), of("", "gold", 1)}},
		"a replay, read first":     {true, []*kgo.Record{of("x", "gold", 1), of("", "out", 9)}, []*kgo.Record{of("x", "gold", 1)}},
		"replays in a partition":   {true, []*kgo.Record{of("b", "out", 3), of("a", "out", 7), of("a", "gold", 1)}, []*kgo.Record{of("a", "out", 7), of("a", "gold", 1)}},
		"replays without a common": {false, []*kgo.Record{of("20260102", "out", 3), of("20260101", "gold", 7)}, []*kgo.Record{of("20260102", "out", 3)}},
	} {
		t.Run(name, func(t *testing.T) {
			var all runs
			for _, r := range test.records {
				all.add(r)
			}
			got := all.last(test.several)
			if !slices.EqualFunc(got, test.want, func(a, b *kgo.Record) bool { return a.Topic == b.Topic && a.Offset == b.Offset }) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
