package testenv_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/testenv"
)

// tierOracle gives each user one field; users below zero are not there.
type tierOracle struct{ *testenv.ShopOracle }

func (tierOracle) Enrichment(user int64) (map[string]any, bool) {
	return map[string]any{"user": map[string]any{"id": user, "tier": "pro"}}, user >= 0
}

var written = time.UnixMilli(1_700_000_000_000)

// inputOf returns the input record at an offset: users take turns, so every fifth record has one key.
func inputOf(offset int64) testenv.Record {
	event := testenv.NewEvent(int(offset), offset%5)
	return testenv.Record{Partition: 1, Offset: offset, Time: written, Key: event.Key, Value: event.Value}
}

// outcomeOf returns a right output of an input record.
func outcomeOf(in testenv.Record) testenv.Record {
	return testenv.Record{
		Partition: 3, Time: in.Time, Key: in.Key, Headers: source(in),
		Value: fmt.Appendf(nil, `{"event":%s,"user":{"id":%s,"tier":"pro"}}`, in.Value, in.Key),
	}
}

// deadOf returns a dead letter of an input record.
func deadOf(in testenv.Record, kind string) testenv.Record {
	return testenv.Record{
		Key: in.Key, Value: in.Value,
		Headers: append(source(in),
			kafka.Header{Key: "loaderline.error.kind", Value: []byte(kind)},
			kafka.Header{Key: "loaderline.error.message", Value: []byte("because")}),
	}
}

func source(in testenv.Record) []kafka.Header {
	return []kafka.Header{
		{Key: "loaderline.source.partition", Value: strconv.AppendInt(nil, int64(in.Partition), 10)},
		{Key: "loaderline.source.offset", Value: strconv.AppendInt(nil, in.Offset, 10)},
	}
}

// counts are those of a report, in short.
type counts struct{ Lost, Duplicate, Order, Wrong, Unexpected int }

func countsOf(r testenv.Report) counts {
	return counts{r.Lost.Count, r.Duplicates.Count, r.OutOfOrder.Count, r.Wrong.Count, r.Unexpected.Count}
}

func TestLedgerFinds(t *testing.T) {
	const inputs = 20
	// Each case spoils the right outcomes of twenty inputs, of five keys.
	for _, test := range []struct {
		name  string
		spoil func(out []testenv.Record) []testenv.Record
		want  counts
	}{
		{"nothing", func(out []testenv.Record) []testenv.Record { return out }, counts{}},
		{"lost", func(out []testenv.Record) []testenv.Record { return append(out[:7], out[8:]...) }, counts{Lost: 1}},
		{"all lost", func([]testenv.Record) []testenv.Record { return nil }, counts{Lost: inputs}},
		{"duplicate", func(out []testenv.Record) []testenv.Record { return append(out, out[3]) }, counts{Duplicate: 1}},
		{"two keys swapped", func(out []testenv.Record) []testenv.Record {
			out[3], out[4] = out[4], out[3]
			return out
		}, counts{}},
		{"one key swapped", func(out []testenv.Record) []testenv.Record {
			out[3], out[8] = out[8], out[3]
			return out
		}, counts{Order: 1}},
		{"key in two partitions", func(out []testenv.Record) []testenv.Record {
			out[19].Partition = 2
			return out
		}, counts{Order: 3}}, // partition 2 is judged first, so the other three are the strangers.
		{"wrong enrichment", func(out []testenv.Record) []testenv.Record {
			out[12].Value = []byte(strings.Replace(string(out[12].Value), "pro", "free", 1))
			return out
		}, counts{Wrong: 1}},
		{"another user's enrichment", func(out []testenv.Record) []testenv.Record {
			out[12].Value = []byte(strings.Replace(string(out[12].Value), `"id":2`, `"id":3`, 1))
			return out
		}, counts{Wrong: 1}},
		{"missing field", func(out []testenv.Record) []testenv.Record {
			out[12].Value = []byte(strings.Replace(string(out[12].Value), `,"tier":"pro"`, "", 1))
			return out
		}, counts{Wrong: 1}},
		{"another record's event", func(out []testenv.Record) []testenv.Record {
			out[12].Value = out[17].Value // of the same user, so that the enrichment is right.
			return out
		}, counts{Wrong: 1}},
		{"changed key", func(out []testenv.Record) []testenv.Record {
			out[12].Key = []byte("x")
			return out
		}, counts{Wrong: 1}},
		{"changed timestamp", func(out []testenv.Record) []testenv.Record {
			out[12].Time = written.Add(time.Second)
			return out
		}, counts{Wrong: 1}},
		{"not JSON", func(out []testenv.Record) []testenv.Record {
			out[12].Value = []byte("{")
			return out
		}, counts{Wrong: 1}},
		{"rendered otherwise", func(out []testenv.Record) []testenv.Record {
			out[12].Value = fmt.Appendf(nil, "{ \"user\": {\"tier\":\"pro\", \"id\":2},\n \"event\": %s }", inputOf(12).Value)
			return out
		}, counts{}},
		{"of no input", func(out []testenv.Record) []testenv.Record {
			return append(out, outcomeOf(inputOf(inputs)))
		}, counts{Unexpected: 1}},
		{"no headers", func(out []testenv.Record) []testenv.Record {
			for i := range out {
				out[i].Headers = nil
			}
			return append(out, out[3])
		}, counts{Duplicate: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ledger := testenv.NewLedger(testenv.LedgerConfig{Oracle: tierOracle{}})
			var out []testenv.Record
			for offset := range int64(inputs) {
				ledger.Input(inputOf(offset))
				out = append(out, outcomeOf(inputOf(offset)))
			}
			for i, record := range test.spoil(out) {
				record.Offset = int64(i)
				ledger.Enriched(record)
			}
			report := ledger.Report()
			if got := countsOf(report); got != test.want || report.OK() != (test.want == counts{}) {
				t.Errorf("found %+v, want %+v\n%s", got, test.want, &report)
			}
		})
	}
}

func TestLedgerJudgesDeadLetters(t *testing.T) {
	poison := inputOf(1)
	poison.Value = []byte("not JSON")
	stranger := testenv.NewEvent(2, -7)
	nobody := testenv.Record{Partition: 1, Offset: 2, Time: written, Key: stranger.Key, Value: stranger.Value}
	null := testenv.Record{Partition: 1, Offset: 3, Time: written}
	huge := inputOf(4)
	changed := poison
	changed.Value = []byte("not json")
	coordinates := huge
	coordinates.Value = nil

	for _, test := range []struct {
		name     string
		in       testenv.Record
		letters  []testenv.Record
		enriched []testenv.Record
		want     counts
	}{
		{"poison", poison, []testenv.Record{deadOf(poison, "decode")}, nil, counts{}},
		{"null", null, []testenv.Record{deadOf(null, "decode")}, nil, counts{}},
		{"unknown user", nobody, []testenv.Record{deadOf(nobody, "missing")}, nil, counts{}},
		{"twice", poison, []testenv.Record{deadOf(poison, "decode"), deadOf(poison, "decode")}, nil, counts{Duplicate: 1}},
		{"changed", poison, []testenv.Record{deadOf(changed, "decode")}, nil, counts{Wrong: 1}},
		{"allowed", huge, []testenv.Record{deadOf(coordinates, "too_large")}, nil, counts{}},
		{"could be enriched", huge, []testenv.Record{deadOf(huge, "lookup")}, nil, counts{Unexpected: 1}},
		{"and enriched", huge, []testenv.Record{deadOf(coordinates, "too_large")}, []testenv.Record{outcomeOf(huge)}, counts{Duplicate: 1}},
		{"unknown user enriched", nobody, nil, []testenv.Record{outcomeOf(nobody)}, counts{Wrong: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ledger := testenv.NewLedger(testenv.LedgerConfig{
				Oracle:          tierOracle{},
				AllowDeadLetter: func(l testenv.DeadLetter) bool { return l.Kind == "too_large" },
			})
			ledger.Input(test.in)
			for _, letter := range test.letters {
				ledger.DeadLetter(letter)
			}
			for _, output := range test.enriched {
				ledger.Enriched(output)
			}
			report := ledger.Report()
			if diff := cmp.Diff(test.want, countsOf(report)); diff != "" {
				t.Fatalf("(-want +got)\n%s\n%s", diff, &report)
			}
			place := testenv.Source{Partition: 1, Offset: test.in.Offset}
			if letter := report.DeadLetters[place]; len(test.letters) > 0 && test.enriched == nil && letter.Message != "because" {
				t.Errorf("the dead letter of %s says %q", place, letter.Message)
			}
		})
	}
}

// The event of an input record that is not JSON is what it is decoded to, in outputs. Its dead letter holds the record's own bytes.
func TestLedgerDecodesEvents(t *testing.T) {
	ledger := testenv.NewLedger(testenv.LedgerConfig{
		Oracle: tierOracle{}, Event: func(value []byte) []byte { return bytes.TrimPrefix(value, []byte("prefix")) },
	})
	encoded := func(in testenv.Record) testenv.Record {
		in.Value = append([]byte("prefix"), in.Value...)
		return in
	}
	right, wrong, dead := inputOf(1), inputOf(2), inputOf(3)
	for _, in := range []testenv.Record{right, wrong, dead} {
		ledger.Input(encoded(in))
	}
	ledger.Enriched(outcomeOf(right))
	wrong.Value = inputOf(7).Value
	ledger.Enriched(outcomeOf(wrong))
	ledger.DeadLetter(deadOf(encoded(dead), "decode"))
	report := ledger.Report()
	if diff := cmp.Diff(counts{Wrong: 1, Unexpected: 1}, countsOf(report)); diff != "" {
		t.Errorf("(-want +got)\n%s\n%s", diff, &report)
	}
}

// Whatever is dropped and repeated of whatever number of inputs is counted, no more and no less.
func TestLedgerCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		copies := rapid.SliceOfN(rapid.IntRange(0, 3), 0, 100).Draw(t, "copies")
		ledger := testenv.NewLedger(testenv.LedgerConfig{Oracle: tierOracle{}, AtLeastOnce: true})
		var want counts
		next := int64(0)
		for offset, n := range copies {
			in := inputOf(int64(offset))
			ledger.Input(in)
			for range n {
				out := outcomeOf(in)
				out.Offset = next
				next++
				ledger.Enriched(out)
			}
			if n == 0 {
				want.Lost++
			}
			want.Duplicate += max(n-1, 0)
		}
		report := ledger.Report()
		if got := countsOf(report); got != want {
			t.Errorf("found %+v, want %+v", got, want)
		}
		if report.OK() != (want.Lost == 0) {
			t.Errorf("OK is %t", report.OK())
		}
		if got := ledger.Seen(); got != report.Distinct || got != len(copies)-want.Lost {
			t.Errorf("%d seen, %d distinct, of %d inputs", got, report.Distinct, len(copies))
		}
	})
}

func ExampleReport_String() {
	ledger := testenv.NewLedger(testenv.LedgerConfig{})
	for offset := range int64(3) {
		in := inputOf(offset)
		ledger.Input(in)
		if offset != 1 {
			ledger.Enriched(outcomeOf(in))
		}
	}
	report := ledger.Report()
	fmt.Println(report.OK())
	fmt.Print(&report)
	// Output:
	// false
	// NOT OK
	//   inputs  enriched  dead  distinct  lost  duplicate  out of order  wrong  unexpected
	//        3         2     0         2     1          0             0      0           0
	// lost: 1:1 has no outcome
}
