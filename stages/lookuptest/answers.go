package lookuptest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// bigint is the key type of most worlds.
var bigint = lookupkey.Bigint.String()

func number(n int) lookup.Key { return lookup.Key(strconv.Itoa(n)) }

func text(s string) lookup.Key { return lookup.Key(lookupkey.AppendString(nil, s)) }

func numbered(n int) World {
	w := World{KeyType: bigint}
	for i := range n {
		w.Rows = append(w.Rows, Row{Key: number(i), N: int64(i) * 3, Body: fmt.Sprintf("row %d", i)})
	}
	return w
}

func (h suite) answersByKey(t *testing.T) {
	w := numbered(20)
	slices.Reverse(w.Rows)
	s := h.New(t, w)
	for _, keys := range [][]lookup.Key{
		{"3"},
		{"999"},
		{"3", "1000", "19", "0", "-7", "5"},
		{"5", "19", "3", "0"},
		{"9223372036854775807", "-9223372036854775808", "1"},
	} {
		b := load(t.Context(), t, s, keys)
		expect(t, w, b)
		if b.Extra() != 0 {
			t.Errorf("%v: the source has put %s that it was not asked for", keys, plural.Count(b.Extra(), "row"))
		}
	}
}

func (h suite) noKeys(t *testing.T) {
	s := h.New(t, numbered(2))
	if err := s.Load(t.Context(), stages.NewBatch[lookup.Key, []byte](nil)); err != nil {
		t.Errorf("Load of no keys: %v", err)
	}
}

func (h suite) oddText(t *testing.T) {
	if !slices.Contains(h.types, lookupkey.Text) {
		return
	}
	w := World{KeyType: lookupkey.Text.String()}
	for i, s := range []string{
		"", " ", "a b", `"`, `\`, `\"`, "'", "''", "'; DROP TABLE rows; --", "$keys", "$1", "?", "{a,b}", "{}", "[1]", "NULL", "null",
		"a,b", "tab\tnew\nline\rfeed", "\u0001", "ü", "日本", "😀", "é", "A", "a", "100", "0100", "1e3", "true", "%", "_", strings.Repeat("x", 1000),
	} {
		w.Rows = append(w.Rows, Row{Key: text(s), N: int64(i), Body: s})
	}
	s := h.New(t, w)
	keys := []lookup.Key{text("missing"), text("B"), text("x")}
	for _, r := range w.Rows {
		keys = append(keys, r.Key)
	}
	expect(t, w, load(t.Context(), t, s, keys))
}

func (h suite) lists(t *testing.T) {
	w := World{KeyType: bigint, Many: true}
	for i := range 60 {
		w.Rows = append(w.Rows, Row{Key: number(i % 7), N: int64(100 - i), Body: "b"})
	}
	w.Rows = append(w.Rows, Row{Key: "50", N: 1, Body: "alone"})
	s := h.New(t, w)
	expect(t, w, load(t.Context(), t, s, []lookup.Key{"6", "0", "50", "3", "99"}))
}

func (h suite) twoRows(t *testing.T) {
	if h.OneRow {
		return
	}
	w := numbered(6)
	w.Rows = append(w.Rows, Row{Key: "2", N: 77, Body: "again"}, Row{Key: "4", N: 78}, Row{Key: "4", N: 79})
	s := h.New(t, w)
	expect(t, w, load(t.Context(), t, s, []lookup.Key{"1", "2", "3", "4", "5", "6"}))
}

func (h suite) unrequestedRows(t *testing.T) {
	if h.Extra == nil {
		return
	}
	for _, many := range []bool{false, true} {
		w := numbered(10)
		w.Many = many
		b := load(t.Context(), t, h.Extra(t, w), []lookup.Key{"2", "7", "40"})
		expect(t, w, b)
		if b.Extra() != 8 {
			t.Errorf("many %v: the batch counts %s not asked for, want 8", many, plural.Count(b.Extra(), "row"))
		}
	}
}

func (h suite) partialFailure(t *testing.T) {
	if h.PartlyFailing == nil {
		return
	}
	w := numbered(10)
	s := h.PartlyFailing(t, w, "4")
	keys := []lookup.Key{"3", "4", "5", "44"}
	b := stages.NewBatch[lookup.Key, []byte](keys)
	err := s.Load(t.Context(), b)
	var failed stages.KeyErrors[lookup.Key]
	if err != nil && !errors.As(err, &failed) {
		t.Fatalf("Load: %v, want a failure of one key", err)
	}
	if r := b.Result(1); r.State != stages.Failed && failed["4"] == nil {
		t.Errorf("key 4: %v, want failed", r.State)
	}
	for _, i := range []int{0, 2, 3} {
		if failed[keys[i]] != nil {
			t.Errorf("key %s failed with the other: %v", keys[i], failed[keys[i]])
		}
	}
	expectAt(t, w, b, 0, 2, 3)
}

func (h suite) manyKeys(t *testing.T) {
	w := numbered(5000)
	s := h.New(t, w)
	keys := make([]lookup.Key, 0, 5000)
	for i := range 5000 {
		keys = append(keys, number(i*2))
	}
	expect(t, w, load(t.Context(), t, s, keys))
}

func (h suite) hugeValue(t *testing.T) {
	w := numbered(3)
	w.Rows[1].Body = strings.Repeat("0123456789abcdé\n", 256<<10)
	expect(t, w, load(t.Context(), t, h.New(t, w), []lookup.Key{"0", "1", "2"}))
}

func (h suite) anyWorld(t *testing.T) {
	for _, many := range []bool{false, true} {
		w := World{KeyType: bigint, Many: many}
		for i := range 40 {
			w.Rows = append(w.Rows, Row{Key: number(i * i % 37), N: int64(i), Body: strings.Repeat("z", i)})
			if h.OneRow && !many && i >= 18 { // Squares repeat from here on.
				break
			}
		}
		s := h.New(t, w)
		rapid.Check(t, func(rt *rapid.T) {
			ids := rapid.SliceOfNDistinct(rapid.IntRange(-3, 45), 0, 40, rapid.ID).Draw(rt, "ids")
			keys := make([]lookup.Key, len(ids))
			for i, id := range ids {
				keys[i] = number(id)
			}
			expect(rt, w, load(t.Context(), rt, s, keys))
		})
	}
}
