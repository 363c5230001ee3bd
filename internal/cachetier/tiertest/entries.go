package tiertest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
)

func (h Harness) hasAName(t *testing.T) {
	if h.open(t).Name() == "" {
		t.Error("no name, for logs and statistics")
	}
}

func (h Harness) givesWhatWasSet(t *testing.T) {
	tier := h.open(t)
	expect(t, tier, space, nil, "1", "2")
	want := map[string]cachetier.Entry{"1": entry(`{"name":"Ann"}`), "2": missing(), "3": entry("[]")}
	set(t, tier, space, want)
	expect(t, tier, space, want, "4", "", "11")
}

func (h Harness) replaces(t *testing.T) {
	tier := h.open(t)
	for i, e := range []cachetier.Entry{entry("a"), entry("a longer one"), missing(), entry("b"), entry("")} {
		e.Born = e.Born.Add(time.Duration(i) * time.Second)
		want := map[string]cachetier.Entry{"1": e}
		set(t, tier, space, want)
		expect(t, tier, space, want)
	}
}

func (h Harness) nothingAsked(t *testing.T) {
	tier := h.open(t)
	tier.Set(t.Context(), space, nil, nil)
	tier.Invalidate(t.Context(), space, nil)
	expect(t, tier, space, nil)
}

func (h Harness) askedTwice(t *testing.T) {
	tier := h.open(t)
	set(t, tier, space, map[string]cachetier.Entry{"1": entry("a"), "2": entry("b")})
	got := map[int]string{}
	tier.Get(t.Context(), space, []string{"1", "2", "x", "1"}, func(i int, e cachetier.Entry) { got[i] = string(e.Value) })
	if len(got) != 3 || got[0] != "a" || got[1] != "b" || got[3] != "a" {
		t.Errorf("hits %v", got)
	}
}

// valuesAreKeptApart: a value that was given stays as it is, whatever its reader and the tier do.
func (h Harness) valuesAreKeptApart(t *testing.T) {
	tier := h.open(t)
	keys := []string{"1", "2", "3"}
	set(t, tier, space, map[string]cachetier.Entry{"1": entry("one"), "2": entry("two"), "3": entry("three")})
	first := get(t, tier, space, keys...)
	kept := first["1"].Value
	for _, k := range []string{"2", "3"} {
		clear(first[k].Value) // a reader that writes into what is its own
		_ = append(first[k].Value, "and more"...)
	}
	set(t, tier, space, map[string]cachetier.Entry{"1": entry("ONE"), "4": entry("four")})
	tier.Invalidate(t.Context(), space, []string{"4"})
	got := get(t, tier, space, keys...)
	if string(kept) != "one" || string(got["1"].Value) != "ONE" || string(got["2"].Value) != "two" || string(got["3"].Value) != "three" {
		t.Errorf("kept %q, then got %q, %q, %q", kept, got["1"].Value, got["2"].Value, got["3"].Value)
	}
}

var oddKeys = []string{
	"", " ", "\n", "\r\n", "\x00", "\x00\x00", "a\x00b", "a", "a\x00", "\xff", "\xff\xff", "\xfe\xff", "\xc3\x28",
	"{tag}", "{", "*", "a*", "%", "%s", "a:b", "a/b", "/", "..", "../..", "a b", `"a"`, "'", `\`, "日本", "é", "e\u0301", "1", "01", "-1",
	`["t1",5]`, strings.Repeat("k", 1024), strings.Repeat("k", 1023) + "l",
}

func (h Harness) oddKeys(t *testing.T) {
	tier := h.open(t)
	want := map[string]cachetier.Entry{}
	for i, k := range oddKeys {
		want[k] = entry(fmt.Sprint("value ", i))
	}
	set(t, tier, space, want)
	expect(t, tier, space, want)
	for _, k := range oddKeys[:len(oddKeys)/2] {
		tier.Invalidate(t.Context(), space, []string{k})
		delete(want, k)
	}
	expect(t, tier, space, want, oddKeys[:len(oddKeys)/2]...)
}

func (h Harness) oddValues(t *testing.T) {
	tier := h.open(t)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	want := map[string]cachetier.Entry{
		"empty": entry(""), "zero": entry("\x00"), "newlines": entry("\r\n"), "all bytes": entry(string(all)), "missing": missing(),
		"huge": entry(string(bytes.Repeat(all, h.MaxValue/256))),
	}
	set(t, tier, space, want)
	expect(t, tier, space, want)
	got := get(t, tier, space, "empty", "missing")
	if got["empty"].State == got["missing"].State {
		t.Error("an empty value and none are the same")
	}
}

func (h Harness) manyKeys(t *testing.T) {
	const n = 5000
	tier := h.open(t)
	want := map[string]cachetier.Entry{}
	others := make([]string, n)
	for i := range n {
		k := fmt.Sprintf("%08d", i)
		want[k], others[i] = entry(strings.Repeat(k, 20)), "not "+k
	}
	set(t, tier, space, want)
	expect(t, tier, space, want, others...)
	gone := make([]string, 0, n/2)
	for i := 0; i < n; i += 2 {
		gone = append(gone, fmt.Sprintf("%08d", i))
		delete(want, gone[i/2])
	}
	tier.Invalidate(t.Context(), space, gone)
	expect(t, tier, space, want, gone...)
}

// oddSpaces would be one space, or one within another, if their names and keys were only strung together.
var oddSpaces = []string{"users/1", "users/12", "users", "users/", "user", "", "a", "a\x00", "a\x00b", "a:b", "a:", "\xff", "{a}", "日本", strings.Repeat("s", 300)}

func (h Harness) spacesApart(t *testing.T) {
	tier := h.open(t)
	want := map[string]map[string]cachetier.Entry{}
	keys := []string{"1", "2", "/1", "\x00b", "b:c", "c", ":c"}
	for i, s := range oddSpaces {
		want[s] = map[string]cachetier.Entry{}
		for j, k := range keys {
			want[s][k] = entry(fmt.Sprint(i, " ", j))
		}
		set(t, tier, s, want[s])
	}
	check := func() {
		t.Helper()
		for _, s := range oddSpaces {
			expect(t, tier, s, want[s], keys...)
		}
	}
	check()
	for _, s := range []string{"users", "", "a\x00"} {
		tier.InvalidateAll(t.Context(), s)
		want[s] = nil
		check()
	}
	for _, s := range []string{"users/1", "a:b"} {
		tier.Invalidate(t.Context(), s, []string{"1", "c"})
		delete(want[s], "1")
		delete(want[s], "c")
		check()
	}
}
