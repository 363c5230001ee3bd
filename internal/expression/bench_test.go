package expression_test

import (
	"testing"

	"github.com/loaderline/loaderline/internal/expression"
)

// What a condition costs for each event.
func BenchmarkHolds(b *testing.B) {
	c, err := expression.ParseCondition(`event.type == "order" && event.amount > 100`, expression.Names{Roots: []string{"event"}})
	if err != nil {
		b.Fatal(err)
	}
	raw := [][]byte{[]byte("150"), []byte(`"order"`)} // by the names of the fields
	values := make([]any, 2)
	b.ReportAllocs()
	for b.Loop() {
		for i := range raw {
			if values[i], err = expression.Value(raw[i]); err != nil {
				b.Fatal(err)
			}
		}
		if holds, err := c.Holds(b.Context(), values); !holds || err != nil {
			b.Fatal(holds, err)
		}
	}
}
