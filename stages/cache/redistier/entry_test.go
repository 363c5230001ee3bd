package redistier_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache/redistier"
)

var sameEntry = cmpopts.IgnoreFields(cachetier.Entry{}, "Began")

func FuzzDecode(f *testing.F) {
	for _, e := range []cachetier.Entry{
		entry(`{"id":1}`, time.Now()), entry("", time.Now()), {State: stages.Missing, Born: time.Unix(0, 1), Expires: time.Unix(0, 2), Until: time.Unix(0, 3)},
	} {
		b, ok := redistier.Encode(e, 7)
		if !ok {
			f.Fatalf("%+v cannot be encoded", e)
		}
		f.Add(string(b))
	}
	f.Add("\x01\x03\x00\x06\x0a\x24\x18\x1e\x40\x00")
	f.Fuzz(func(t *testing.T, text string) {
		e, began, ok := redistier.Decode(text)
		if !ok {
			return
		}
		again, ok := redistier.Encode(e, began)
		if !ok {
			t.Fatalf("%q is an entry that cannot be encoded: %+v", text, e)
		}
		copy(again[2:10], text[2:10]) // It is the scripts'.
		if string(again) != text {
			t.Errorf("%q came back as %q", text, again)
		}
	})
}

func TestDamagedEntriesAreNone(t *testing.T) {
	t.Parallel()
	want := entry(`{"id":1}`, time.Now())
	whole, _ := redistier.Encode(want, 7)
	got, began, ok := redistier.Decode(string(whole))
	if diff := cmp.Diff(want, got, sameEntry); diff != "" || began != 7 || !ok {
		t.Fatalf("%v, began %d (-want +got):\n%s", ok, began, diff)
	}
	for i := range whole {
		if _, _, ok := redistier.Decode(string(whole[:i])); ok {
			t.Errorf("the first %d bytes are an entry", i)
		}
		damaged := slices.Clone(whole)
		damaged[i] ^= 0x10
		if _, _, ok := redistier.Decode(string(damaged)); ok && (i < 2 || i > 9) {
			t.Errorf("with byte %d damaged it is an entry", i)
		}
	}
	for _, state := range []stages.State{stages.Failed, stages.Blocked} {
		if _, ok := redistier.Encode(cachetier.Entry{State: state}, 7); ok {
			t.Errorf("%v is kept", state)
		}
	}
}
