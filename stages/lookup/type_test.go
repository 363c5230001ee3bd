package lookup_test

import (
	"strings"
	"testing"

	"github.com/loaderline/loaderline/stages/lookup"
)

func TestParseType(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]lookup.Type{
		"bigint": lookup.Bigint, "INT8": lookup.Bigint, "int": lookup.Integer, "string": lookup.Text, "UUID": lookup.UUID, "bool": lookup.Boolean, "any": lookup.Any,
	} {
		if got, err := lookup.ParseType(name); err != nil || got != want {
			t.Errorf("%s: got %v (%v), want %v", name, got, err, want)
		}
	}
	if _, err := lookup.ParseType("serial"); err == nil || !strings.Contains(err.Error(), "bigint, numeric") {
		t.Errorf("serial: %v, want an error that lists the names", err)
	}
}
