package console_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/console"
)

func TestTable(t *testing.T) {
	rows := [][]string{
		{"TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "NEXT RECORD"},
		{"production.checkout.orders-placed.v2", "0", "1200345", "1200399", "54", "2026-11-28T20:30:03Z"},
	}
	const whole = `TOPIC                                 PARTITION  COMMITTED  END      LAG  NEXT RECORD
production.checkout.orders-placed.v2  0          1200345    1200399  54   2026-11-28T20:30:03Z
`
	if diff := cmp.Diff(whole, console.Table(rows, 0)); diff != "" {
		t.Errorf("any width (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(whole, console.Table(rows, 94)); diff != "" {
		t.Errorf("wide enough (-want +got):\n%s", diff)
	}
	const fits = `TOPIC                   PARTITION  COMMITTED  END      LAG  NEXT RECORD
production.…-placed.v2  0          1200345    1200399  54   2026-11-28T20:30:03Z
(--format json shows all)
`
	if diff := cmp.Diff(fits, console.Table(rows, 80)); diff != "" {
		t.Errorf("80 columns (-want +got):\n%s", diff)
	}
}

func TestTableFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(1, 6).Draw(t, "columns")
		cell := rapid.StringMatching(`[a-zé.]{1,60}`)
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, columns, columns), 1, 5).Draw(t, "rows")
		for line := range strings.Lines(console.Table(rows, 80)) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, " \n")); n > 80 {
				t.Fatalf("%d columns: %q", n, line)
			}
		}
	})
}

func TestOutWidth(t *testing.T) {
	if got := (&console.Console{}).OutWidth(); got != 0 {
		t.Errorf("a pipe is %d wide", got)
	}
	if got := (&console.Console{OutTerminal: true}).OutWidth(); got != 80 {
		t.Errorf("a terminal is %d wide", got)
	}
}
