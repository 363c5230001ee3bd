package report

import "fmt"

// extra is a column that only the shapes have which measure it.
type extra struct {
	head, format string
	of           func(*Summary) Spread
}

type extras []extra

// extras are the columns that this shape has besides.
func (s Shape) extras() (list extras) {
	for _, e := range (extras{
		{"idle %", "%.2f", func(p *Summary) Spread { return p.Idle }},
		{"rebalance s", "%.2f", func(p *Summary) Spread { return p.Rebalance }},
	}) {
		for i := range s.Summaries {
			if e.of(&s.Summaries[i]).Highest > 0 {
				list = append(list, e)
				break
			}
		}
	}
	return list
}

// head is the heads of the columns, each with what ends it.
func (list extras) head() (text string) {
	for _, e := range list {
		text += e.head + "\t"
	}
	return text
}

// cells are the medians in the columns, each with what ends it.
func (list extras) cells(p *Summary) (text string) {
	for _, e := range list {
		text += fmt.Sprintf(e.format+"\t", e.of(p).Median)
	}
	return text
}
