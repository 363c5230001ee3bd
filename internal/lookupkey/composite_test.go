package lookupkey_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

func TestCompositeKeys(t *testing.T) {
	t.Parallel()
	types := lookupkey.Types{lookupkey.Text, lookupkey.Bigint}
	key, err := types.Canonical([]byte(`"t,1]\""`), []byte(`"005"`))
	if err != nil || key != `["t,1]\"",5]` {
		t.Errorf("got %s (%v)", key, err)
	}
	if parts := fmt.Sprint(lookupkey.AppendParts(nil, key)); parts != `["t,1]\"" 5]` {
		t.Errorf("the parts are %s", parts)
	}
	if parts := lookupkey.AppendParts(nil, lookup.Key(`"[a]"`)); len(parts) != 1 || parts[0] != `"[a]"` {
		t.Errorf("the parts of a single key are %s", parts)
	}
	for says, raws := range map[string][][]byte{
		`part 2: "x" is not a bigint`:  {[]byte(`"a"`), []byte(`"x"`)},
		"the key has 1 part, not 2":    {[]byte(`"a"`)},
		"bytes long: at most 1024 are": {[]byte(`"` + strings.Repeat("a", 1020) + `"`), []byte("12345")},
	} {
		if _, err := types.Canonical(raws...); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want an error that says %q", err, says)
		}
	}
}

func TestKeyRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringN(0, 40, 100), 2, 5).Draw(rt, "texts")
		var (
			types lookupkey.Types
			raws  [][]byte
		)
		for _, text := range texts {
			raw, err := json.Marshal(text)
			if err != nil {
				rt.Fatal(err)
			}
			types, raws = append(types, lookupkey.Any), append(raws, raw)
		}
		key, err := types.Canonical(raws...)
		if err != nil {
			rt.Fatal(err)
		}
		var back []string
		for _, part := range lookupkey.AppendParts(nil, key) {
			back = append(back, string(lookupkey.AppendText(nil, part)))
		}
		if got, want := fmt.Sprintf("%q", back), fmt.Sprintf("%q", texts); got != want {
			rt.Errorf("%s came back as %s", want, got)
		}
	})
}

func TestKeysOwnTheirMemory(t *testing.T) {
	t.Parallel()
	for want, types := range map[string]lookupkey.Types{
		`"abc"`:           {lookupkey.Text},
		`["abc","abc"]`:   {lookupkey.Text, lookupkey.Text},
		`["abc","abc",7]`: {lookupkey.Text, lookupkey.Text, lookupkey.Bigint},
	} {
		raws := [][]byte{[]byte(`"abc"`), []byte(`"abc"`), []byte("7")}[:len(types)]
		key, err := types.Key(raws...)
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range raws {
			clear(raw)
		}
		if string(key) != want {
			t.Errorf("the key of %v is %s once its parts have changed, want %s", types, key, want)
		}
	}
}
