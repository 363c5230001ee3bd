package expression_test

import (
	"testing"

	"github.com/loaderline/loaderline/internal/expression"
)

func BenchmarkEval(b *testing.B) {
	for _, text := range []string{`event.n + 1`, `event.n * (1 + event.x)`, `event.s + "!"`} {
		b.Run(text, func(b *testing.B) {
			e, err := expression.Parse(text, expression.Names{Roots: []string{"event"}})
			if err != nil {
				b.Fatal(err)
			}
			raws := map[string]string{"event.n": "12345", "event.x": "0.25", "event.s": `"some text"`}
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				values, err := e.Values(func(i int) ([]byte, error) { return []byte(raws[e.Paths()[i].String()]), nil })
				if err != nil {
					b.Fatal(err)
				}
				result, err := e.Eval(b.Context(), values)
				if err != nil {
					b.Fatal(err)
				}
				if dst, err = expression.AppendJSON(dst[:0], result); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
