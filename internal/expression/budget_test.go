package expression_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/expression"
)

// large is an event whose lists and text are as large as an event may be.
func large() map[string]any {
	numbers := make([]any, 200_000)
	words := make([]any, 50_000)
	for i := range numbers {
		numbers[i] = i
	}
	for i := range words {
		words[i] = strings.Repeat("a", i%20)
	}
	return map[string]any{"event.items": numbers, "event.words": words, "event.text": strings.Repeat("ab", 500_000), "event.n": 1 << 62, "event.pattern": strings.Repeat("a{500}", 1000)}
}

func holds(t *testing.T, ctx context.Context, text string, fields map[string]any) (bool, error) { //nolint:revive // t first, as everywhere.
	t.Helper()
	c, err := expression.ParseCondition(text, expression.Names{Roots: []string{"event"}})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	values := make([]any, len(c.Paths()))
	for i, p := range c.Paths() {
		values[i] = fields[p.String()]
	}
	return c.Holds(ctx, values)
}

// Each of these took minutes or gigabytes, or would with a little more data.
func TestTheBudgetEndsACondition(t *testing.T) {
	t.Parallel()
	event := large()
	for _, text := range []string{
		`any(event.items, any(event.items, # == -1))`,
		`any(event.items, {let x = #; any(event.items, # == x + 0.5)})`,
		`all(event.items, # in event.items) and all(event.items, -1 not in event.items)`,
		`any(event.items, -1 in event.items)`,
		`any(event.items, event.text contains "x")`,
		`any(event.items, len(event.text) == 1)`,
		`any(event.items, upper(event.text) == "x")`,
		`any(event.items, event.text + "x" == "y")`,
		`any(event.items, event.items == event.words)`,
		`any(event.items, event.text < event.text)`,
		`any(event.items, event.text[1:2] == "x")`,
		`any(event.items, trim(event.text) == "x")`,
		`any(map(event.items, sort(event.items)), false)`,
		`count(event.items, sum(event.items) == 1) > 5`,
		`len(filter(event.items, find(event.items, # == -1) == 1)) > 5`,
		`reduce(event.items, #acc + count(event.items, # > 5), 0) == 1`,
		`len(groupBy(event.items, count(event.items, # > 5))) > 5`,
		`sortBy(event.items, count(event.items, # > 5))[0] == 0`,
		`sum(event.items, count(event.items, # > 5)) == 0`,
		`any(0..999999, any(0..999999, # == -1))`,
		`any(0..event.n, # == -1)`,
		`any(event.items, any(1..500000, # == -1))`,
		`len(repeat(event.text, 1000)) == 1`,
		`len(repeat(repeat("x", 10000), 999999)) == 1`,
		`let a = event.text + event.text; let b = a + a; let c = b + b; let d = c + c; let e = d + d; let f = e + e; let g = f + f; len(g) == 1`,
		`let a = [event.items, event.items]; let b = [a, a]; let c = [b, b]; let d = [c, c]; let e = [d, d]; e == e`,
		`len(replace(event.text, "a", event.text)) == 1`,
		`len(join(event.words, event.text)) == 1`,
		`len(uniq(event.items)) == 1`,
		`len(split(event.text, "")) == 1 or len(split(event.text, "")) == 2`,
		`len(sort(event.items)) == 1`,
		`event.text matches "(a|b|ab|ba){500}c"`,
		`event.text matches event.pattern`,
		`any(event.words, # matches event.pattern)`,
		`len(flatten([event.items, event.items, event.items, event.items, event.items])) == 1`,
		`len(toJSON(map(event.items, event.items))) == 1`,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if is, err := holds(t, t.Context(), text, event); is || !errors.Is(err, expression.ErrBudget) {
				t.Errorf("%v, %v", is, err)
			}
		})
	}
}

// What looks at each element of a large event a few times is within the budget.
func TestTheBudgetIsEnough(t *testing.T) {
	t.Parallel()
	event := large()
	for _, text := range []string{
		`any(event.items, # == 199999)`,
		`all(event.items, # >= 0) && count(event.items, # > 5) == 199994 && any(event.items, # < 10 or # > 20)`,
		`199999 in event.items`,
		`event.text contains "ba" and event.text startsWith "ab" and upper(event.text) startsWith "AB"`,
		`event.text matches "^(ab)+"`,
		`len(filter(event.words, # startsWith "aaa")) > 0`,
		`any(0..999, # == 999)`,
		`len(event.text + "x") == 1000001`,
		`event.items == event.items`,
		`len(uniq(event.words[0:100])) == 20`,
	} {
		if is, err := holds(t, t.Context(), text, event); !is || err != nil {
			t.Errorf("%s: %v, %v", text, is, err)
		}
	}
}

// Each evaluation has a budget of its own.
func TestTheBudgetIsThatOfOneEvent(t *testing.T) {
	t.Parallel()
	c, err := expression.ParseCondition(`any(event.items, # == -1)`, expression.Names{Roots: []string{"event"}})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if is, err := c.Holds(t.Context(), []any{large()["event.items"]}); is || err != nil {
			t.Fatalf("%v, %v", is, err)
		}
	}
}

func TestTheEndOfTheContextEndsACondition(t *testing.T) {
	t.Parallel()
	cause := errors.New("a rebalance")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	for _, text := range []string{`any(event.items, # == -1)`, `any(event.words, # in event.words)`, `event.text matches "(a|b|ab){5}c"`} {
		if is, err := holds(t, ctx, text, large()); is || !errors.Is(err, cause) {
			t.Errorf("%s: %v, %v", text, is, err)
		}
	}
}
