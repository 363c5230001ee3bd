package lookupkey_test

import (
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/lookupkey"
)

func TestParseType(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]lookupkey.Type{
		"bigint": lookupkey.Bigint, "INT8": lookupkey.Bigint, "int": lookupkey.Integer, "string": lookupkey.Text, "UUID": lookupkey.UUID, "bool": lookupkey.Boolean, "any": lookupkey.Any,
	} {
		if got, err := lookupkey.ParseType(name); err != nil || got != want {
			t.Errorf("%s: got %v (%v), want %v", name, got, err, want)
		}
	}
	if _, err := lookupkey.ParseType("serial"); err == nil || !strings.Contains(err.Error(), "bigint, numeric") {
		t.Errorf("serial: %v, want an error that lists the names", err)
	}
}
