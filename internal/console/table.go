package console

import (
	"bytes"
	"fmt"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// narrow is the width of a terminal that does not say how wide it is.
const narrow = 80

// elidedCell is the fewest characters that are left of a cell.
const elidedCell = 8

// Table aligns rows; the first row is the head. If they do not fit into width columns, Table leaves out the middles of
// the widest cells, and a last line says how to see all. Width 0 means any width.
func Table(rows [][]string, width int) string {
	rows, elided := fit(rows, width)
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		_, _ = fmt.Fprintln(w, strings.Join(row, "\t")) // A buffer takes all.
	}
	_ = w.Flush()
	if elided {
		b.WriteString("(--format json shows all)\n")
	}
	return b.String()
}

// OutWidth is the width that tables for Out must fit into. It is 0, which means any, if Out is no terminal.
func (c *Console) OutWidth() int {
	if !c.OutTerminal {
		return 0
	}
	return max(c.width, narrow)
}

// fit shortens the widest column until the rows fit, or nothing is left to shorten.
func fit(rows [][]string, width int) (fitted [][]string, elided bool) {
	var widths []int
	total := -2 // There are two spaces between columns, and none after the last.
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths, total = append(widths, 0), total+2
			}
			n := utf8.RuneCountInString(cell)
			total += max(0, n-widths[i])
			widths[i] = max(widths[i], n)
		}
	}
	if width == 0 || total <= width {
		return rows, false
	}
	for total > width {
		widest := 0
		for i := range widths {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= elidedCell {
			break
		}
		widths[widest]--
		total--
	}
	for _, row := range rows {
		short := make([]string, len(row))
		for i, cell := range row {
			short[i] = Elide(cell, widths[i])
		}
		fitted = append(fitted, short)
	}
	return fitted, true
}

// Elide leaves out the middle of a text that has more characters than a number.
func Elide(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	tail := (most - 1) / 2
	return string(runes[:most-1-tail]) + "…" + string(runes[len(runes)-tail:])
}
