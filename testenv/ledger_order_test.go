package testenv_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/testenv"
)

func TestLedgerJudgesTheOrderOfDeadLetters(t *testing.T) {
	first, second := inputOf(3), inputOf(8) // of one key.
	for _, allowed := range []bool{false, true} {
		ledger := testenv.NewLedger(testenv.LedgerConfig{DeadInAnyOrder: allowed})
		for i, in := range []testenv.Record{second, first} {
			letter := deadOf(in, "lookup")
			letter.Offset = int64(i)
			ledger.DeadLetter(letter)
		}
		ledger.Input(first)
		ledger.Input(second)
		report := ledger.Report()
		if report.OK() != allowed {
			t.Errorf("dead letters out of order, allowed %t:\n%s", allowed, &report)
		}
	}
}

func TestLedgerJudgesTheOrderOfDuplicates(t *testing.T) {
	first, second := inputOf(3), inputOf(8) // of one key.
	for _, test := range []struct {
		name        string
		out         []testenv.Record
		atLeastOnce bool
		want        counts
	}{
		{"never in order", []testenv.Record{second, first}, true, counts{Order: 1}},
		{"the later one again", []testenv.Record{second, first, second}, true, counts{Duplicate: 1}},
		{"both again", []testenv.Record{second, first, first, second}, true, counts{Duplicate: 2}},
		{"the earlier one again", []testenv.Record{second, first, first}, true, counts{Duplicate: 1, Order: 1}},
		{"again, and exactly once", []testenv.Record{second, first, second}, false, counts{Duplicate: 1, Order: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ledger := testenv.NewLedger(testenv.LedgerConfig{AtLeastOnce: test.atLeastOnce})
			ledger.Input(first)
			ledger.Input(second)
			for i, in := range test.out {
				out := outcomeOf(in)
				out.Offset = int64(i)
				ledger.Enriched(out)
			}
			report := ledger.Report()
			if diff := cmp.Diff(test.want, countsOf(report)); diff != "" {
				t.Errorf("(-want +got)\n%s\n%s", diff, &report)
			}
		})
	}
}
