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
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">
<style>text{fill:#333}.fault{fill:#d33;opacity:.25}.recovery{fill:#f90;opacity:.2}.rate{fill:none;stroke:#06c;stroke-width:1.2}.axis{stroke:#999}
svg{background:#fff}</style>
`, left+plotWidth+20, rowHeight*len(results)+10)
	for i := range results {
		drawRow(&svg, &results[i], rowHeight*i+16)
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}

// drawRow draws one round below y.
func drawRow(svg *strings.Builder, r *Result, y int) {
	if len(r.Timeline) == 0 {
		return
	}
	end := r.Timeline[len(r.Timeline)-1].At
	for _, m := range r.Marks {
		end = max(end, m.Recovered)
	}
	x := func(at float64) float64 { return left + plotWidth*at/max(end, 1) }
	rates, most := rates(r.Timeline)
	top, bottom := y+24, y+24+barHeight
	fmt.Fprintf(svg, "<text x=\"%d\" y=\"%d\"><tspan font-weight=\"bold\">%s</tspan> (seed %d): outcomes a second, %.0f at most; %.0f s</text>\n",
		left, y, escaped(r.Scenario), r.Seed, most, end)
	for _, m := range r.Marks {
		rectangle(svg, "fault", x(m.Injected), x(m.Healed), top)
		rectangle(svg, "recovery", x(m.Healed), x(m.Recovered), top)
		fmt.Fprintf(svg, "<text x=\"%.1f\" y=\"%d\" font-size=\"9\">%s</text>\n", x(m.Injected), top-2, escaped(m.Fault))
	}
	svg.WriteString(`<polyline class="rate" points="`)
	for i, s := range r.Timeline {
		fmt.Fprintf(svg, "%.1f,%.1f ", x(s.At), float64(bottom)-barHeight*rates[i]/max(most, 1))
	}
	fmt.Fprintf(svg, "\"/>\n<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%[3]d\"/>\n", left, left+plotWidth, bottom)
}

// rates is the outcomes a second before each sample, and the most of them.
func rates(samples []Sample) (list []float64, most float64) {
	list = make([]float64, len(samples))
	var before Sample
	for i, s := range samples {
		if s.At > before.At {
			list[i] = float64(s.Outcomes-before.Outcomes) / (s.At - before.At)
		}
		most = max(most, list[i])
		before = s
	}
	return list, most
}

func rectangle(svg *strings.Builder, class string, from, to float64, top int) {
	fmt.Fprintf(svg, "<rect class=%q x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n", class, from, top, max(to-from, 1), barHeight)
}

func escaped(text string) string {
	var to strings.Builder
	_ = xml.EscapeText(&to, []byte(text)) // A strings.Builder takes all.
	return to.String()
}
