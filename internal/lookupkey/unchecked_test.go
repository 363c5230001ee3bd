package lookupkey_test

import (
	"errors"
	"testing"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

func TestUncheckedKeys(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		types lookupkey.Types
		raws  []string
		want  lookup.Key // empty: an error
	}{
		{lookupkey.Types{lookupkey.Bigint}, []string{`2147483648`}, `2147483648`},
		{lookupkey.Types{lookupkey.Text}, []string{`"a\u0062"`}, `"ab"`},
		{lookupkey.Types{lookupkey.Text}, []string{`true`}, `"true"`},
		{lookupkey.Types{lookupkey.Numeric}, []string{`7.250`}, `"7.25"`},
		{lookupkey.Types{lookupkey.Integer}, []string{`7.250`}, ``},
		{lookupkey.Types{lookupkey.UUID}, []string{`"A0EEBC999C0B4EF8BB6D6BB9BD380A11"`}, `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{lookupkey.Types{lookupkey.Text, lookupkey.Bigint}, []string{`"],["`, `"007"`}, `["],[",7]`},
		{lookupkey.Types{lookupkey.Text, lookupkey.Bigint}, []string{`"a"`, `"b"`}, ``},
	} {
		var raws [][]byte
		for _, raw := range tc.raws {
			raws = append(raws, []byte(raw))
		}
		key, err := lookupkey.Unchecked(raws...)
		if err != nil || !lookupkey.IsUnchecked(key) {
			t.Errorf("%s: %s (%v), want an unchecked key", tc.raws, key, err)
		}
		if got, err := tc.types.Check(key); got != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%s as %v: %s (%v), want %s", key, tc.types, got, err, tc.want)
		}
	}
	for raw, none := range map[string]bool{`{}`: false, `[1]`: false, `null`: true, ``: true, `1e5000`: false} {
		if key, err := lookupkey.Unchecked([]byte(raw)); err == nil || errors.Is(err, stages.ErrNoKey) != none {
			t.Errorf("%s: %s (%v), want an error", raw, key, err)
		}
	}
	key, err := lookupkey.Unchecked([]byte("null"), []byte(`"x"`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (lookupkey.Types{lookupkey.Text, lookupkey.Text}).Check(key); !errors.Is(err, stages.ErrNoKey) {
		t.Errorf("%s: %v, want no key", key, err)
	}
}
