package chaos

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// The measures of the drawing, in pixels.
const (
	left, plotWidth      = 20, 900
	rowHeight, barHeight = 110, 60
)

// timeline draws the outcomes a second of each round, over its faults.
func timeline(results []Result) string {
	var svg strings.Builder
	begin(&svg, len(results))
	for i := range results {
		drawRow(&svg, &results[i], rowHeight*i+16)
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}

// begin begins a drawing of so many rows.
func begin(svg *strings.Builder, rows int) {
	fmt.Fprintf(svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">
<style>text{fill:#333}.fault{fill:#d33;opacity:.25}.recovery{fill:#f90;opacity:.2}.rate{fill:none;stroke:#06c;stroke-width:1.2}.axis{stroke:#999}
svg{background:#fff}</style>
`, left+plotWidth+20, rowHeight*rows+10)
}

// drawRow draws one round below y.
func drawRow(svg *strings.Builder, r *Result, y int) {
	if len(r.Timeline) == 0 {
		return
	}
	row{y: y, title: r.Scenario, of: fmt.Sprintf(" (seed %d): outcomes a second", r.Seed), named: true}.draw(svg, r.Marks, rates(r.Timeline))
}

// usageDrawing draws what the first process held, a row for each measure.
func usageDrawing(r *Result) string {
	var svg strings.Builder
	begin(&svg, len(measures))
	for i, m := range measures {
		points := make([]point, len(r.Usage))
		for j, u := range r.Usage {
			points[j] = point{at: u.At, value: m.of(u) / m.unit}
		}
		row{y: rowHeight*i + 16, title: m.what}.draw(&svg, r.Marks, points)
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}

// row is a line above the faults that there were.
type row struct {
	y         int
	title, of string
	named     bool // The faults are.
}

type point struct{ at, value float64 }

func (d row) draw(svg *strings.Builder, marks []Mark, points []point) {
	end, most := points[len(points)-1].at, 0.0
	for _, m := range marks {
		end = max(end, m.Recovered)
	}
	for _, p := range points {
		most = max(most, p.value)
	}
	x := func(at float64) float64 { return left + plotWidth*at/max(end, 1) }
	top, bottom := d.y+24, d.y+24+barHeight
	fmt.Fprintf(svg, "<text x=\"%d\" y=\"%d\"><tspan font-weight=\"bold\">%s</tspan>%s, %.0f at most; %.0f s</text>\n",
		left, d.y, escaped(d.title), d.of, most, end)
	for i, m := range marks {
		rectangle(svg, "fault", x(m.Injected), x(m.Healed), top)
		rectangle(svg, "recovery", x(m.Healed), x(m.Recovered), top)
		if d.named {
			above := 2 + 10*(i%2) // In two lines, for names that are longer than the time between them.
			fmt.Fprintf(svg, "<text x=\"%.1f\" y=\"%d\" font-size=\"9\">%s</text>\n", x(m.Injected), top-above, escaped(m.Fault))
		}
	}
	svg.WriteString(`<polyline class="rate" points="`)
	for _, p := range points {
		fmt.Fprintf(svg, "%.1f,%.1f ", x(p.at), float64(bottom)-barHeight*p.value/max(most, 1))
	}
	fmt.Fprintf(svg, "\"/>\n<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%[3]d\"/>\n", left, left+plotWidth, bottom)
}

// rates is the outcomes a second before each sample.
func rates(samples []Sample) []point {
	list := make([]point, len(samples))
	var before Sample
	for i, s := range samples {
		list[i].at = s.At
		if s.At > before.At {
			list[i].value = float64(s.Outcomes-before.Outcomes) / (s.At - before.At)
		}
		before = s
	}
	return list
}

func rectangle(svg *strings.Builder, class string, from, to float64, top int) {
	fmt.Fprintf(svg, "<rect class=%q x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n", class, from, top, max(to-from, 1), barHeight)
}

func escaped(text string) string {
	var to strings.Builder
	_ = xml.EscapeText(&to, []byte(text)) // A strings.Builder takes all.
	return to.String()
}
