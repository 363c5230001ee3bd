package check_test

import (
	"testing"

	"github.com/loaderline/loaderline/internal/command/check"
	"github.com/loaderline/loaderline/internal/console"
)

func TestFindingText(t *testing.T) {
	terminal := console.Console{OutTerminal: true}
	for _, test := range []struct {
		finding         check.Finding
		plain, coloured string
	}{
		{
			check.Finding{What: "topic", Name: "in", OK: true, Detail: "1 partition"},
			"ok      topic in: 1 partition", "\x1b[32mok    \x1b[0m  topic in: 1 partition",
		},
		{
			check.Finding{What: "cache", Name: "disk", OK: true, Warning: true, Detail: "full"},
			"warn    cache disk: full", "\x1b[33mwarn  \x1b[0m  cache disk: full",
		},
		{
			check.Finding{What: "source", Name: "shop", Detail: "refused\nat all"},
			"failed  source shop: refused; at all", "\x1b[31mfailed\x1b[0m  source shop: refused; at all",
		},
	} {
		if got := test.finding.Text(console.Palette{}); got != test.plain {
			t.Errorf("got %q, want %q", got, test.plain)
		}
		if got := test.finding.Text(terminal.OutPalette()); got != test.coloured {
			t.Errorf("got %q, want %q", got, test.coloured)
		}
	}
}
