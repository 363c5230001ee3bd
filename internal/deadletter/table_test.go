package deadletter_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/loaderline/loaderline/internal/deadletter"
)

func TestTableFitsATerminal(t *testing.T) {
	at := time.Date(2026, 11, 28, 20, 30, 3, 0, time.UTC)
	groups := []deadletter.Group{{
		State: deadletter.Open, Kind: "missing", Stage: "customer_subscription_plan", Count: 12_345, FirstSeen: at, LastSeen: at,
		Message: "no row has the key that event.customer.subscription.plan_id holds, and none came within the retries of the stage",
	}}
	var wide, narrow bytes.Buffer
	if err := deadletter.WriteTable(&wide, groups, 0); err != nil {
		t.Fatal(err)
	}
	if err := deadletter.WriteTable(&narrow, groups, 80); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(wide.String(), groups[0].Message) {
		t.Errorf("the message is cut where there is no terminal:\n%s", wide.String())
	}
	for line := range strings.Lines(narrow.String()) {
		if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > 80 {
			t.Errorf("wider than 80 columns: %q", line)
		}
	}
	for _, want := range []string{"12,345", "MESSAGE", "no row has the key", "retries of the stage\n", "(--format json shows all)\n"} {
		if !strings.Contains(narrow.String(), want) {
			t.Errorf("no %q in\n%s", want, narrow.String())
		}
	}
}
