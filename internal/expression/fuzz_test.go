package expression_test

import (
	"testing"

	"github.com/loaderline/loaderline/internal/expression"
)

// FuzzParse holds what is compiled to an answer, a boolean or an error, whatever its fields hold.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`event.a > 1 && user.b in ["x", "y"]`, `any(event.list, {.x > 1 and # != null})`, `let x = event.a; x ?? 2 == 3`,
		`not (event.a + -event.b ** 2 >= 1.5)`, `filter(event.l, .a)[0]?.b[1:2] == "c"`, `event.a ? event.b : lower(event.c) matches "x"`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := expression.ParseCondition(text, expression.Names{Roots: []string{"event", "user"}})
		if err != nil || len(text) > 200 {
			return
		}
		for _, v := range []any{nil, "x", 1, 1.5, true, []any{}, map[string]any{"a": nil}} {
			values := make([]any, len(c.Paths()))
			for i := range values {
				values[i] = v
			}
			if holds, err := c.Holds(t.Context(), values); holds && err != nil {
				t.Errorf("%q holds and fails: %v", text, err)
			}
		}
	})
}
