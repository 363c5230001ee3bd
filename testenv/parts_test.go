package testenv_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/loaderline/loaderline/testenv"
)

// threeParts has each event become two records in the output and one in another topic.
func threeParts([]byte) []testenv.Part {
	return []testenv.Part{{Element: `{"n":0}`}, {Element: `{"n":1}`}, {Topic: "route", Element: `{"n":2}`}}
}

// partOf returns a record of an element of an input record.
func partOf(in testenv.Record, n int) testenv.Record {
	out := outcomeOf(in)
	out.Value = fmt.Appendf(nil, `{"event":%s,"item":{"n":%d},"user":{"id":%s,"tier":"pro"}}`, in.Value, n, in.Key)
	return out
}

func TestLedgerJudgesSeveralRecordsOfAnEvent(t *testing.T) {
	first, second := inputOf(3), inputOf(8) // of one key.
	stranger := testenv.NewEvent(9, -7)
	nobody := testenv.Record{Partition: 1, Offset: 9, Time: written, Key: stranger.Key, Value: stranger.Value}
	type topics struct{ output, route, dead []testenv.Record }
	for _, test := range []struct {
		name  string
		spoil func(*topics)
		want  counts
	}{
		{"nothing", func(*topics) {}, counts{}},
		{"all of one event lost", func(o *topics) { o.output, o.route = o.output[2:], o.route[1:] }, counts{Lost: 1}},
		{"one lost", func(o *topics) { o.output = slices.Delete(o.output, 1, 2) }, counts{Lost: 1}},
		{"one topic lost", func(o *topics) { o.route = nil }, counts{Lost: 2}},
		{"one repeated", func(o *topics) { o.route = append(o.route, o.route[1]) }, counts{Duplicate: 1}},
		{"one instead of another", func(o *topics) { o.output[1] = o.output[0] }, counts{Lost: 1, Duplicate: 1}},
		{"in another topic", func(o *topics) {
			o.route = append(o.route, o.output[3])
			o.output = o.output[:3]
		}, counts{Lost: 1, Unexpected: 1}},
		{"of no element", func(o *topics) { o.output = append(o.output, partOf(second, 7)) }, counts{Unexpected: 1}},
		{"without an element", func(o *topics) { o.output = append(o.output, outcomeOf(second)) }, counts{Unexpected: 1}},
		{"elements swapped", func(o *topics) { o.output[0], o.output[1] = o.output[1], o.output[0] }, counts{Order: 1}},
		{"events swapped", func(o *topics) { slices.Reverse(o.route) }, counts{Order: 1}},
		{"a key in two partitions of a topic", func(o *topics) { o.route[1].Partition = 2 }, counts{Order: 1}},
		{"a key in another partition of another topic", func(o *topics) { o.route[0].Partition, o.route[1].Partition = 2, 2 }, counts{}},
		{"wrong enrichment", func(o *topics) {
			o.output[0].Value = bytes.Replace(o.output[0].Value, []byte("pro"), []byte("free"), 1)
		}, counts{Wrong: 1}},
		{"a dead letter beside the records", func(o *topics) { o.dead = append(o.dead, deadOf(second, "too_large")) }, counts{Duplicate: 1}},
		{"a dead letter beside some", func(o *topics) {
			o.dead = append(o.dead, deadOf(second, "too_large"))
			o.output = o.output[:3]
		}, counts{Lost: 1, Duplicate: 1}},
		{"a dead letter instead", func(o *topics) {
			o.dead = append(o.dead, deadOf(second, "too_large"))
			o.output, o.route = o.output[:2], o.route[:1]
		}, counts{}},
		{"a record of a dead event", func(o *topics) { o.route = append(o.route, partOf(nobody, 2)) }, counts{Lost: 2, Duplicate: 1, Wrong: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ledger := testenv.NewLedger(testenv.LedgerConfig{
				Oracle: tierOracle{}, Parts: threeParts, AllowDeadLetter: func(l testenv.DeadLetter) bool { return l.Kind == "too_large" },
			})
			out := topics{dead: []testenv.Record{deadOf(nobody, "missing")}}
			for _, in := range []testenv.Record{first, second} {
				ledger.Input(in)
				out.output = append(out.output, partOf(in, 0), partOf(in, 1))
				out.route = append(out.route, partOf(in, 2))
			}
			ledger.Input(nobody)
			test.spoil(&out)
			for _, topic := range []struct {
				records []testenv.Record
				take    func(testenv.Record)
			}{
				{out.output, ledger.Enriched},
				{out.dead, ledger.DeadLetter},
				{out.route, func(r testenv.Record) { ledger.EnrichedIn("route", r) }},
			} {
				for i, record := range topic.records {
					record.Offset = int64(i)
					topic.take(record)
				}
			}
			report := ledger.Report()
			if got := countsOf(report); got != test.want || report.OK() != (test.want == counts{}) {
				t.Errorf("found %+v, want %+v\n%s", got, test.want, &report)
			}
		})
	}
}

func TestLedgerJudgesTheOrderOfRepeatedElements(t *testing.T) {
	in := inputOf(3)
	for _, test := range []struct {
		name     string
		elements []int
		want     counts
	}{
		{"both again", []int{1, 0, 0, 1}, counts{Duplicate: 2}},
		{"the earlier one again", []int{1, 0, 0}, counts{Duplicate: 1, Order: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ledger := testenv.NewLedger(testenv.LedgerConfig{AtLeastOnce: true, Parts: func(e []byte) []testenv.Part { return threeParts(e)[:2] }})
			ledger.Input(in)
			for i, n := range test.elements {
				out := partOf(in, n)
				out.Offset = int64(i)
				ledger.Enriched(out)
			}
			report := ledger.Report()
			if got := countsOf(report); got != test.want {
				t.Errorf("found %+v, want %+v\n%s", got, test.want, &report)
			}
		})
	}
}
